import { fstatSync, write, writeSync } from 'node:fs';
import { promisify } from 'node:util';

/** Bytes that may wait to be written: about ten thousand lines. */
const maxWaitingBytes = 4 * 1024 * 1024;
/** Bytes of one write: what Linux buffers in a pipe. */
const maxWriteBytes = 64 * 1024;
/** In ms; each further wait is twice as long. A reader may continue in a millisecond; a full disk takes longer. */
const readerWait = { shortest: 1, longest: 100 };
const faultWait = { shortest: 100, longest: 5_000 };

interface LogOutputParts {
  /** Writes the bytes, or the first of them, and returns how many. Throws errors of `node:fs`; must not block. */
  target: (bytes: Buffer) => number | Promise<number>;
  /** Calls `what` in `ms` milliseconds, unless the process ends before. */
  later: (ms: number, what: () => void) => void;
  /** Says in one line what is wrong with the log. */
  complain: (says: string) => void;
  /** RFC 3339, for the line that counts what was dropped. */
  now: () => string;
}

/**
 * Writes the log lines. It never blocks and never throws: lines that cannot be written wait and are tried again. If too
 * many wait, further lines are dropped; a log line says how many once writing works again.
 */
export class LogOutput {
  readonly #parts: LogOutputParts;
  /** In order; the first one may have been written in part. */
  #waiting: Buffer[] = [];
  #bytes = 0;
  #dropped = 0;
  #isWriting = false;
  #isPaused = false;
  #waitMs = 0;
  #hasComplained = false;
  #whenWritten: (() => void)[] = [];

  constructor(parts: LogOutputParts) {
    this.#parts = parts;
  }

  write(line: string): void {
    if (!this.#add(line)) {
      this.#dropped += 1;
      this.#complain('standard output is not read');
    } else if (!this.#isWriting && !this.#isPaused) void this.#drain();
  }

  /** Resolves when no line waits any more. */
  async written(): Promise<void> {
    if (this.#waiting.length === 0) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#whenWritten.push(resolve);
    await promise;
  }

  #add(line: string): boolean {
    const bytes = Buffer.from(line);
    if (this.#bytes + bytes.length > maxWaitingBytes) return false;
    this.#waiting.push(bytes);
    this.#bytes += bytes.length;
    return true;
  }

  /** The first write happens before this returns, so that a crash right after a line does not lose it. */
  async #drain(): Promise<void> {
    this.#isWriting = true;
    try {
      while (this.#waiting.length > 0) {
        const written = this.#parts.target(this.#next());
        this.#remove(typeof written === 'number' ? written : await written);
        this.#tellDropped();
      }
      this.#hasComplained = false;
      for (const resolve of this.#whenWritten.splice(0)) resolve();
    } catch (error) {
      this.#pause(error);
    } finally {
      this.#isWriting = false;
    }
  }

  #next(): Buffer {
    let size = 0;
    const fitting = this.#waiting.findIndex((bytes) => (size += bytes.length) > maxWriteBytes);
    const [first = Buffer.alloc(0)] = this.#waiting;
    if (fitting === 0 || this.#waiting.length === 1) return first.subarray(0, maxWriteBytes);
    return Buffer.concat(fitting === -1 ? this.#waiting : this.#waiting.slice(0, fitting));
  }

  #remove(written: number): void {
    if (written > 0) this.#waitMs = 0;
    this.#bytes -= written;
    let rest = written;
    let whole = 0;
    for (const bytes of this.#waiting) {
      if (bytes.length > rest) break;
      rest -= bytes.length;
      whole += 1;
    }
    this.#waiting.splice(0, whole);
    if (rest > 0) this.#waiting[0] = this.#waiting[0]?.subarray(rest) ?? Buffer.alloc(0);
  }

  #tellDropped(): void {
    if (this.#dropped === 0) return;
    const line = { level: 'warn', time: this.#parts.now(), lines: this.#dropped, msg: 'log lines dropped' };
    if (this.#add(`${JSON.stringify(line)}\n`)) this.#dropped = 0;
  }

  #pause(error: unknown): void {
    const { code = 'unknown fault' } = error as NodeJS.ErrnoException;
    const isUnread = code === 'EAGAIN';
    if (!isUnread) this.#complain(`standard output cannot be written (${code})`);
    const { shortest, longest } = isUnread ? readerWait : faultWait;
    this.#waitMs = Math.min(longest, Math.max(shortest, this.#waitMs * 2));
    this.#isPaused = true;
    this.#parts.later(this.#waitMs, () => {
      this.#isPaused = false;
      void this.#drain();
    });
  }

  /** Once, until all lines are written again. */
  #complain(what: string): void {
    if (this.#hasComplained) return;
    this.#hasComplained = true;
    const megabytes = Math.round(maxWaitingBytes / 1024 / 1024);
    this.#parts.complain(
      `retrigger: ${what}. The service continues. It keeps up to ${megabytes} MiB of log lines, drops the rest, and logs how many.`,
    );
  }
}

/** The log on standard output. Its problems are reported on standard error. */
export function openLogOutput(): LogOutput {
  // A full disk or a closed pipe behind standard error must not end the service either.
  process.stderr.on('error', () => {});
  return new LogOutput({
    target: standardOutput(),
    later: (ms, what) => void setTimeout(what, ms).unref(),
    complain: (says) => void process.stderr.write(`${says}\n`),
    now: () => new Date().toISOString(),
  });
}

/**
 * A pipe without a reader would block a thread for ever, and Node waits for its threads when it exits. Node sets pipes and
 * sockets to non-blocking when it makes a stream of them, so a write to a full one fails with EAGAIN at once. Files and
 * terminals have no such mode; a thread writes them, so that a slow disk does not block the service.
 */
function standardOutput(): LogOutputParts['target'] {
  const stats = fstatSync(1);
  if (!stats.isFIFO() && !stats.isSocket()) {
    const writeInThread = promisify(write);
    return async (bytes) => (await writeInThread(1, bytes)).bytesWritten;
  }
  process.stdout.on('error', () => {});
  return (bytes) => writeSync(1, bytes);
}
