import { readFileSync } from 'node:fs';

/** Work that Node does in threads, as `process.getActiveResourcesInfo` names it. */
const inThreads = /^(?:FSReq|FileHandle|GetAddrInfo|GetNameInfo)/;
/** How long a thread may take to end its work, in ms, and how often that is checked. */
const threadMs = { patience: 500, between: 10 };

/**
 * Ends the process with this exit code. Node waits for its threads when it exits, and a thread that reads a pipe without a
 * writer, or waits for a name server, may never finish. A process with such a thread is killed.
 */
export function endProcess(code: number): Promise<never> {
  let leftMs = threadMs.patience;
  const tryToEnd = (): void => {
    if (!process.getActiveResourcesInfo().some((name) => inThreads.test(name))) process.exit(code);
    if (leftMs <= 0) kill('a thread is still waiting for a disk or a name server');
    leftMs -= threadMs.between;
    setTimeout(tryToEnd, threadMs.between);
  };
  tryToEnd();
  return new Promise(() => {});
}

/** Kills the process in `ms` milliseconds, unless it has ended by then. */
export function endAtLatest(ms: number): void {
  setTimeout(() => kill('it did not stop in time'), ms).unref();
}

/** As the container runtime would do after 10 s. Nothing is lost: the store survives a kill at any time. */
function kill(why: string): void {
  process.stderr.write(`retrigger: killed, because ${why}\n`);
  process.kill(process.pid, 'SIGKILL');
}

/** The usual default of Linux. */
const usual = 1_024;

/** How many files and connections this process may have open at once. Node has already raised the limit as far as allowed. */
export function readOpenFileLimit(
  read: (path: string) => string = (path) => readFileSync(path, 'utf8'),
): number {
  try {
    const [, soft = ''] = /^Max open files +(\d+|unlimited) /m.exec(read('/proc/self/limits')) ?? [];
    if (soft === 'unlimited') return Number.POSITIVE_INFINITY;
    return soft === '' ? usual : Number(soft);
  } catch {
    // Only Linux has this file.
    return usual;
  }
}
