import { type Command, InvalidArgumentError } from 'commander';
import { readUser, serviceUrl } from '../config/read-config.ts';
import { parseDuration } from '../time/duration.ts';
import {
  withClients,
  type CliContext,
  type Json,
  type CommandWork,
  requireApiTokenSetting,
} from './context.ts';
import { CommandFailure, tabulate, answer, type ExitCode, type Terminal } from './terminal.ts';
import { readServer, type ServerOption, askServer, changeServer, expectField } from './server-api.ts';
import type { HttpClient } from '../http/http-client.ts';
import type { SilenceView } from '../rules/decide/silence.ts';
import type { Secret } from '../secret.ts';

type Common = Json & ServerOption;

interface AddOptions extends Common {
  for?: string;
  until?: string;
  comment: string;
  author?: string;
}

/** `silence add`, `list` and `expire`, which speak with the running service. */
export function addSilenceCommands(context: CliContext): void {
  const silence = context.program
    .command('silence')
    .description('failures of some jobs are recorded and not tried again for a while');
  addAdd(silence, context);
  addList(silence, context);
  addExpire(silence, context);
}

function addAdd(silence: Command, { terminal, finish, env }: CliContext): void {
  const work: CommandWork<[string, AddOptions]> = (config, { http }, job, { server, json, ...options }) => {
    const token = requireApiTokenSetting(config);
    const wanted = {
      job,
      until: pickEnd(options),
      author: pickAuthor(options, env),
      comment: options.comment,
    };
    const place = { server: server ?? serviceUrl(config), json };
    return addSilence(http, terminal, wanted, token, place);
  };
  silence
    .command('add <job-glob>')
    .description('silence the jobs that match, with RETRIGGER_API_TOKEN')
    .option('--for <duration>', 'how long from now on, such as 24h or 7d; at most one year', readLength)
    .option('--until <time>', 'in place of --for: when it ends, such as 2026-06-12T18:00:00Z')
    .requiredOption('--comment <text>', 'why, for those who wonder later')
    .option('--author <name>', 'who wants it; USER of the environment unless given')
    .option('--server <url>', 'the address of the service', readServer)
    .option('--json', 'answer as JSON', false)
    .addHelpText(
      'after',
      '\nExamples:\n' +
        '  retrigger silence add "periodic-ci-*-aws*" --for 24h --comment "us-east-1 is out of quota"\n' +
        '  retrigger silence add JOB --until 2026-06-12T18:00:00+02:00 --comment "OCPBUGS-1" --author me',
    )
    .action(withClients({ finish, env }, work));
}

function addList(silence: Command, { terminal, finish, env }: CliContext): void {
  const work: CommandWork<[Common]> = (config, { http }, { server, json }) =>
    printSilences(http, terminal, { server: server ?? serviceUrl(config), json });
  silence
    .command('list', { isDefault: true })
    .description('list those that are not over, the soonest to end first (silence alone does the same)')
    .option('--server <url>', 'the address of the service', readServer)
    .option('--json', 'answer as JSON', false)
    .addHelpText('after', '\nExample:\n  retrigger silence list --json')
    .action(withClients({ finish, env }, work));
}

function addExpire(silence: Command, { terminal, finish, env }: CliContext): void {
  const work: CommandWork<[string, Common]> = (config, { http }, id, { server, json }) => {
    const place = { server: server ?? serviceUrl(config), json };
    return expireSilence(http, terminal, id, requireApiTokenSetting(config), place);
  };
  silence
    .command('expire <id>')
    .description('end a silence now, with RETRIGGER_API_TOKEN')
    .option('--server <url>', 'the address of the service', readServer)
    .option('--json', 'answer as JSON', false)
    .addHelpText('after', '\nExample:\n  retrigger silence expire 0b2f6f6e-6b0e-4f0e-9d7a-1c2d3e4f5a6b')
    .action(withClients({ finish, env }, work));
}

function pickEnd({ for: length, until }: Pick<AddOptions, 'for' | 'until'>): string {
  const end = length ?? until;
  if (end !== undefined && (length === undefined || until === undefined)) return end;
  throw new CommandFailure('Say when the silence ends, with one of --for DURATION and --until TIME.', 2);
}

function pickAuthor({ author }: { author?: string }, env: CliContext['env']): string {
  const name = author ?? readUser(env);
  if (name !== null) return name;
  throw new CommandFailure('Say who wants the silence, with --author NAME: USER is not set.', 2);
}

function readLength(text: string): string {
  if (parseDuration(text) !== null) return text;
  const [, unit] = /^\d+\s*([a-z]+)$/i.exec(text) ?? [];
  const isUnknown = unit !== undefined && parseDuration(`1${unit}`) === null;
  const why = isUnknown ? `The unit ${unit} is unknown: it is ms, s, m, h or d. ` : '';
  throw new InvalidArgumentError(`${why}Write a duration such as 24h or 7d.`);
}

interface SilencesOptions {
  server: string;
  json: boolean;
}

/** As a person gives it: `until` is a time in RFC 3339 or a duration, and the service reads it. */
type NewSilence = Omit<SilenceView, 'id'>;

const silences = '/api/v1/silences';
const columns = ['ID', 'UNTIL', 'JOB', 'AUTHOR', 'COMMENT'];

/** Lists the silences that a running service keeps, the soonest to end first. */
async function printSilences(
  http: HttpClient,
  terminal: Terminal,
  { server, json }: SilencesOptions,
): Promise<ExitCode> {
  const body = await askServer(http, server, silences);
  const active = expectField<{ silences: SilenceView[] }>(body, 'silences').silences;
  const rows = active.map(({ id, until, job, author, comment }) => [id, until, job, author, comment]);
  const lines = rows.length === 0 ? ['No silences.'] : tabulate([columns, ...rows]);
  answer(terminal, json, body, lines);
  return 0;
}

async function addSilence(
  http: HttpClient,
  terminal: Terminal,
  wanted: NewSilence,
  token: Secret,
  { server, json }: SilencesOptions,
): Promise<ExitCode> {
  const body = await changeServer(http, server, { method: 'POST', path: silences, token, body: wanted });
  const { id, job, until } = expectField<SilenceView>(body, 'until');
  answer(terminal, json, body, [
    `Failures of ${job} are recorded and not tried again until ${until}.`,
    `To end it sooner: npm run --silent retrigger -- silence expire ${id}`,
  ]);
  return 0;
}

async function expireSilence(
  http: HttpClient,
  terminal: Terminal,
  id: string,
  token: Secret,
  { server, json }: SilencesOptions,
): Promise<ExitCode> {
  const path = `${silences}/${encodeURIComponent(id)}`;
  const body = await changeServer(http, server, { method: 'DELETE', path, token });
  if (body === null) throw new CommandFailure(`There is no silence ${id} at ${server}.`);
  answer(terminal, json, { id }, [`Silence ${id} is over.`]);
  return 0;
}
