import type { Clock } from '../../time/clock.ts';

/** One line on standard error that counts along, where a person looks on; elsewhere it says nothing. */
export interface CounterLine {
  show(text: string): void;
  clear(): void;
}

export type CounterStream = Pick<NodeJS.WriteStream, 'isTTY'> & { write(text: string): boolean };

/** Whoever waits for less needs no counter. */
const patienceMs = 1_000;

export function startCounterLine(stream: CounterStream, clock: Clock): CounterLine {
  const startedAt = clock.now();
  let isShown = false;
  return {
    show(text) {
      if (!stream.isTTY || clock.now() - startedAt < patienceMs) return;
      isShown = true;
      stream.write(`\r\u001b[K${text}`);
    },
    clear() {
      if (isShown) stream.write('\r\u001b[K');
      isShown = false;
    },
  };
}
