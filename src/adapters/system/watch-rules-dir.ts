import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

const everyMs = 500;
/** Looks after which a change is told although the files do not come to rest. */
const mostUnsettled = 4;

/**
 * Calls `changed` when the directory's files have changed and come to rest, which takes one or two looks of half a
 * second: an editor writes a file in several steps, and a deployment several files. It looks by name and sees a
 * directory that is replaced, a link that is swapped (as Kubernetes does) and one that is away for a while. Gives the
 * way to stop. The time is the machine's own, as the files are.
 */
export function watchRulesDir(directory: string, changed: () => void): () => Promise<void> {
  let seen: string | null = null;
  let told: string | null = null;
  let unsettled = 0;
  let looking: Promise<void> = Promise.resolve();
  const timer = setInterval(() => {
    looking = looking.then(look);
  }, everyMs).unref();
  return async () => {
    clearInterval(timer);
    await looking;
  };

  async function look(): Promise<void> {
    const now = await fingerprint(directory);
    unsettled = now === told ? 0 : unsettled + 1;
    if (now !== told && (now === seen || unsettled > mostUnsettled)) {
      told = now;
      unsettled = 0;
      changed();
    }
    seen = now;
  }
}

/** What tells one state of the files from another; a directory that can't be read is a state like any other. */
async function fingerprint(directory: string): Promise<string> {
  try {
    const names = (await readdir(directory)).toSorted();
    const marks = await Promise.all(names.map((name) => mark(join(directory, name))));
    return names.map((name, index) => `${name} ${marks[index]}`).join('\n');
  } catch (error) {
    return `unreadable: ${String(error)}`;
  }
}

async function mark(path: string): Promise<string> {
  try {
    const { ino, size, mtimeMs } = await stat(path);
    return `${ino} ${size} ${mtimeMs}`;
  } catch {
    return 'gone';
  }
}
