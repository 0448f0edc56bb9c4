import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** What a container of 512 MB gives Node, in MB. */
const heapMegabytes = 256;

/** A line of the service's log. */
export interface LogLine {
  msg: string;
  level: string;
  time: string;
  chain?: string;
  url?: string;
}

export interface SmallServiceOptions {
  env: Record<string, string>;
  /** The source folder of the version that is started. */
  source?: string;
  /** Called for each line that it logs. */
  onLine?: (line: LogLine) => void;
}

/** The service as `serve` starts it, in a process of its own with a small heap. */
export class SmallService {
  readonly #child: ChildProcess;
  readonly #serving = Promise.withResolvers<string>();
  /** What it wrote to its standard error. */
  stderr = '';

  constructor({ env, source = join(import.meta.dirname, '../../src'), onLine }: SmallServiceOptions) {
    const { PATH, NODE_COMPILE_CACHE } = process.env;
    const args = [`--max-old-space-size=${heapMegabytes}`, join(source, 'main.ts'), 'serve'];
    const child = spawn(process.execPath, args, {
      env: { PATH, NODE_COMPILE_CACHE, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child = child;
    child.stderr.on('data', (text: Buffer) => (this.stderr += text.toString()));
    child.once('exit', (code, signal) => {
      this.#serving.reject(new Error(`it ended with ${code ?? signal}: ${this.stderr.slice(-2_000)}`));
    });
    // A life may end without anybody waiting for its address.
    this.#serving.promise.catch(() => {});
    createInterface({ input: child.stdout }).on('line', (text) => {
      const line = JSON.parse(text) as LogLine;
      if (line.msg === 'serving' && line.url !== undefined) this.#serving.resolve(line.url);
      onLine?.(line);
    });
  }

  /** Where it serves; rejects if it ends before. */
  get url(): Promise<string> {
    return this.#serving.promise;
  }

  get isAlive(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** The most memory that it ever had, in bytes, as Linux counts it. */
  async readPeak(): Promise<number> {
    const status = await readFile(`/proc/${this.#child.pid}/status`, 'utf8');
    return Number(/VmHWM:\s*(\d+) kB/.exec(status)?.[1]) * 1024;
  }

  /** Resolves once the process is gone. */
  async end(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    if (!this.isAlive) return;
    const gone = once(this.#child, 'exit');
    this.#child.kill(signal);
    await gone;
  }
}
