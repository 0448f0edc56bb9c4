import { type Command, InvalidArgumentError } from 'commander';
import { SystemClock } from '../adapters/system/system-clock.ts';
import { connect, type Outside } from '../app/clients.ts';
import type { Config, Env } from '../config/read-config.ts';
import { createLogger } from '../logging.ts';
import { requireConfig } from './require-config.ts';
import type { ExitCode, Terminal } from './terminal.ts';

export interface Json {
  json: boolean;
}

export interface ServerOption {
  server?: string;
}

export type Work<Args extends unknown[]> = (
  config: Config,
  outside: Outside,
  ...args: Args
) => Promise<ExitCode>;

/** What every command is added with: where it speaks, and who takes its exit code. */
export interface Frame {
  program: Command;
  terminal: Terminal;
  finish: (code: ExitCode) => void;
  /** The settings; `undefined`: those of the process. */
  env: Env | undefined;
}

/** A command that talks to the outside: connected before it, let go after it. */
export function connected<Args extends unknown[]>(
  { finish, env }: Pick<Frame, 'finish' | 'env'>,
  work: Work<Args>,
): (...args: Args) => Promise<void> {
  return async (...args) => {
    const config = requireConfig(env);
    const outside = await connect(config, { clock: new SystemClock(), log: createLogger('silent') });
    try {
      finish(await work(config, outside, ...args));
    } finally {
      await outside.http.close();
    }
  };
}

export function readServer(text: string): string {
  if (!/^https?:\/\//.test(text) || !URL.canParse(text)) {
    throw new InvalidArgumentError('Write an address such as http://127.0.0.1:5000.');
  }
  return text.replace(/\/+$/, '');
}
