import { type ChildProcess, spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { join } from 'node:path';
import type { TestContext } from 'node:test';

const root = join(import.meta.dirname, '../..');

/** How a process ended, and all that it said. */
export interface Ended {
  /** `null`: a signal killed it. */
  code: number | null;
  stdout: string;
  stderr: string;
}

export interface Child {
  process: ChildProcess;
  /** What it has said until now. */
  readonly said: { stdout: string; stderr: string };
  /** Resolves once either of its outputs holds this; rejects where it ends without. */
  says(pattern: RegExp): Promise<RegExpExecArray>;
  ended: Promise<Ended>;
}

/**
 * Runs a file of the repository with this Node, without a terminal, and with nothing of our environment but the
 * path and where Node keeps what it compiled. It is killed when the test ends. Only root may start it as another user.
 * `through`: a command that gets Node's as its further arguments, and must become it.
 */
export function startChild(
  t: TestContext,
  file: string,
  args: readonly string[],
  env: Record<string, string>,
  { through = [], ...as }: { uid?: number; gid?: number; through?: readonly string[] } = {},
): Child {
  const { PATH, NODE_COMPILE_CACHE } = process.env;
  const [command = '', ...words] = [...through, process.execPath, join(root, file), ...args];
  const child = spawn(command, words, {
    cwd: root,
    env: { PATH, NODE_COMPILE_CACHE, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    ...as,
  });
  t.after(() => child.kill('SIGKILL'));
  const said = { stdout: '', stderr: '' };
  const news = new EventEmitter();
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (part: string) => {
      said[name] += part;
      news.emit('more');
    });
  }
  const ended = once(child, 'close').then(([code]): Ended => ({ code: code as number | null, ...said }));
  async function says(pattern: RegExp): Promise<RegExpExecArray> {
    const isOver = ended.then(() => true);
    for (;;) {
      const found = pattern.exec(said.stdout) ?? pattern.exec(said.stderr);
      if (found !== null) return found;
      if (await Promise.race([once(news, 'more').then(() => false), isOver])) {
        throw new Error(`it ended without ${String(pattern)}: ${said.stdout}${said.stderr}`);
      }
    }
  }
  return { process: child, said, says, ended };
}
