import type { Silence } from '../../rules/decide/silence.ts';
import { type Answer, answerLines } from './answer.ts';
import { sayTime } from '../say-time.ts';

/** Which jobs are muted, in the order given; `now` in ms since the epoch. */
export function answerSilences(silences: readonly Silence[], now: number): Answer {
  if (silences.length === 0) return answerLines('No job is silenced.', []);
  const title =
    silences.length === 1 ? 'One silence is in force' : `${silences.length} silences are in force`;
  return answerLines(
    title,
    silences.map((silence) => describeSilence(silence, now)),
  );
}

/** For whoever is about to silence a job that is silenced already. */
export function sayAlreadySilenced({ until, author, comment }: Silence, now: number): string {
  return `This job is silenced already, until ${sayTime(until, now)}, by ${author}: ${comment}`;
}

function describeSilence({ id, job, until, author, comment }: Silence, now: number): string {
  return `${job} until ${sayTime(until, now)}, by ${author}: ${comment} (end it: retrigger silence expire ${id})`;
}
