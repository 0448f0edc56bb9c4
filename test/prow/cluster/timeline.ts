import type { Clock } from '../../../src/time/clock.ts';

/** Something that happens `after` ms from the one before; one that takes real time holds up the rest. */
export interface Beat {
  after: number;
  play: () => void | Promise<void>;
}

/** Plays beats one after the other on the clock. `busy` is told of each that takes real time. */
export function playBeats(clock: Clock, beats: readonly Beat[], busy: (work: Promise<void>) => void): void {
  const [beat, ...rest] = beats;
  if (beat === undefined) return;
  clock.at(clock.now() + beat.after, () => {
    const work = beat.play();
    if (work instanceof Promise) busy(work.then(() => playBeats(clock, rest, busy)));
    else playBeats(clock, rest, busy);
  });
}
