import type { Command } from 'commander';
import { SystemClock } from '../adapters/system/system-clock.ts';
import { createClients, type Clients } from '../app/clients.ts';
import { type Config, type Env, readConfig } from '../config/read-config.ts';
import { createLogger } from '../logging.ts';
import type { Secret } from '../secret.ts';
import { CommandFailure, type ExitCode, type Terminal } from './terminal.ts';

export interface Json {
  json: boolean;
}

export type CommandWork<Args extends unknown[]> = (
  config: Config,
  clients: Clients,
  ...args: Args
) => Promise<ExitCode>;

/** What every command is added with. */
export interface CliContext {
  program: Command;
  terminal: Terminal;
  /** Takes the exit code of the command that ran. */
  finish: (code: ExitCode) => void;
  /** The settings; `undefined`: those of the process. */
  env: Env | undefined;
}

/** A command that uses clients: they are created before it and closed after it. */
export function withClients<Args extends unknown[]>(
  { finish, env }: Pick<CliContext, 'finish' | 'env'>,
  work: CommandWork<Args>,
): (...args: Args) => Promise<void> {
  return async (...args) => {
    const config = requireConfig(env);
    const clients = await createClients(config, { clock: new SystemClock(), log: createLogger('silent') });
    try {
      finish(await work(config, clients, ...args));
    } finally {
      await clients.http.close();
    }
  };
}

/** The settings. Throws a `CommandFailure` with every problem if they are invalid. */
export function requireConfig(env: Env | undefined): Config {
  const read = readConfig(env);
  if (read.ok) return read.config;
  const problems = read.problems.map((problem) => `  ${problem}`).join('\n');
  throw new CommandFailure(`The settings in the environment are not right:\n${problems}`, 2);
}

/** The token for commands that call Gangway. */
export function requireToken({ gangwayToken }: Config): Secret {
  if (gangwayToken !== null) return gangwayToken;
  throw new CommandFailure(
    'Gangway wants a token: set RETRIGGER_GANGWAY_TOKEN="$(oc whoami -t)" (on app.ci).',
    2,
  );
}

/** The token for commands that change something in the running service. */
export function requireApiTokenSetting({ apiToken }: Config): Secret {
  if (apiToken !== null) return apiToken;
  throw new CommandFailure('The service wants a token: set RETRIGGER_API_TOKEN to the one that it has.', 2);
}
