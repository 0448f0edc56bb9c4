import { type ChildProcess, spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { ScaledClock } from '../time/scaled-clock.ts';

const script = join(import.meta.dirname, '../child/serve-scaled.ts');

/** The service as a process that can be killed, always on the same directory. */
export class ServiceProcess {
  readonly #env: NodeJS.ProcessEnv;
  readonly #clock: ScaledClock;
  #child: ChildProcess | null = null;
  #serving = Promise.withResolvers<string>();
  #isServing = false;
  readonly #lines = new EventEmitter().setMaxListeners(0);
  /** Log lines of level `error`, of all its lives. */
  readonly errors: string[] = [];

  constructor(env: Record<string, string>, clock: ScaledClock) {
    const { PATH, NODE_COMPILE_CACHE } = process.env;
    this.#env = { PATH, NODE_COMPILE_CACHE, ...env };
    this.#clock = clock;
  }

  /** Where it serves, now or the next time that it does. */
  get url(): Promise<string> {
    return this.#serving.promise;
  }

  /** Begins a life; `url` tells when it serves. */
  start(): void {
    const args = [script, String(this.#clock.origin), String(this.#clock.pace)];
    const child = spawn(process.execPath, args, { env: this.#env, stdio: ['ignore', 'pipe', 'inherit'] });
    this.#child = child;
    child.once('exit', (code) => {
      if (this.#child === child) this.#serving.reject(new Error(`it ended by itself with ${code}`));
    });
    createInterface({ input: child.stdout }).on('line', (line) => {
      // What a dead one said comes late.
      if (this.#child === child) this.#read(line);
    });
  }

  /** Resolves once the process is gone. */
  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<number | null> {
    const child = this.#child;
    if (child === null) return null;
    if (child.exitCode !== null) throw new Error(`it ended by itself with ${child.exitCode}`);
    this.#child = null;
    if (this.#isServing) this.#serving = Promise.withResolvers();
    this.#isServing = false;
    const gone = once(child, 'exit');
    child.kill(signal);
    const [code] = await gone;
    return code as number | null;
  }

  /** Resolves at the next log line with this message. */
  async nextLine(msg: string): Promise<void> {
    await once(this.#lines, msg);
  }

  #read(line: string): void {
    const { msg, level, url } = JSON.parse(line) as { msg: string; level: string; url?: string };
    if (msg === 'serving' && url !== undefined) {
      this.#isServing = true;
      this.#serving.resolve(url);
    }
    this.#lines.emit(msg);
    if (level === 'error') this.errors.push(line);
  }
}
