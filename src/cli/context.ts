import { type Command, InvalidArgumentError } from 'commander';
import { SystemClock } from '../adapters/system/system-clock.ts';
import { createClients, type Clients } from '../app/clients.ts';
import { type Config, type Env, readConfig } from '../config/read-config.ts';
import { createLogger } from '../logging.ts';
import type { Secret } from '../secret.ts';

export interface Json {
  json: boolean;
}

export interface ServerOption {
  server?: string;
}

export type CommandWork<Args extends unknown[]> = (
  config: Config,
  outside: Clients,
  ...args: Args
) => Promise<ExitCode>;

/** What every command is added with: where it speaks, and who takes its exit code. */
export interface CliContext {
  program: Command;
  terminal: Terminal;
  finish: (code: ExitCode) => void;
  /** The settings; `undefined`: those of the process. */
  env: Env | undefined;
}

/** A command that talks to the outside: connected before it, let go after it. */
export function withClients<Args extends unknown[]>(
  { finish, env }: Pick<CliContext, 'finish' | 'env'>,
  work: CommandWork<Args>,
): (...args: Args) => Promise<void> {
  return async (...args) => {
    const config = requireConfig(env);
    const outside = await createClients(config, { clock: new SystemClock(), log: createLogger('silent') });
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

/** Where a command speaks, and how. */
export interface Terminal {
  /** One line of the answer itself. */
  out(line: string): void;
  /** One line beside the answer: progress, or what went wrong and what to do next. */
  err(line: string): void;
}

/** 0: fine. 1: the answer is no. 2: the command was used wrongly. */
export type ExitCode = 0 | 1 | 2;

/** The command can't go on; its message says what is wrong and what to do next. */
export class CommandFailure extends Error {
  readonly exitCode: ExitCode;

  constructor(message: string, exitCode: ExitCode = 1) {
    super(message);
    this.exitCode = exitCode;
  }
}

export const systemTerminal: Terminal = {
  out: (line) => void process.stdout.write(`${line}\n`),
  err: (line) => void process.stderr.write(`${line}\n`),
};

/** The answer as JSON where `--json` was given, else as lines for people. */
export function answer(terminal: Terminal, asJson: boolean, value: unknown, lines: readonly string[]): void {
  if (asJson) terminal.out(JSON.stringify(value, null, 2));
  else lines.forEach((line) => terminal.out(line));
}

/** The configuration from the environment; a wrong one ends the command with all that is wrong in it. */
export function requireConfig(env: Env | undefined): Config {
  const read = readConfig(env);
  if (read.ok) return read.config;
  const problems = read.problems.map((problem) => `  ${problem}`).join('\n');
  throw new CommandFailure(`The settings in the environment are not right:\n${problems}`, 2);
}

/** The token for commands that talk to Gangway themselves. */
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

/** Where the service of these settings answers; one that listens everywhere is asked on this machine. */
export function serviceUrl({ listenIp, listenPort }: Pick<Config, 'listenIp' | 'listenPort'>): string {
  const everywhere = listenIp === '0.0.0.0' || listenIp === '::';
  const host = everywhere ? '127.0.0.1' : listenIp.includes(':') ? `[${listenIp}]` : listenIp;
  return `http://${host}:${listenPort}`;
}

/** Rows as lines whose columns stand below each other. */
export function tabulate(rows: readonly string[][]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}
