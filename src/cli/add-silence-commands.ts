import { type Command, InvalidArgumentError } from 'commander';
import { readUser } from '../config/read-config.ts';
import { parseDuration } from '../time/duration.ts';
import { serviceUrl } from './service-url.ts';
import { connected, type Frame, type Json, readServer, type ServerOption, type Work } from './context.ts';
import { requireApiToken } from './require-token.ts';
import { addSilence, expireSilence, listSilences } from './silence.ts';
import { CommandFailure } from './terminal.ts';

type Common = Json & ServerOption;

interface AddOptions extends Common {
  for?: string;
  until?: string;
  comment: string;
  author?: string;
}

/** `silence add`, `list` and `expire`, which speak with the running service. */
export function addSilenceCommands(frame: Frame): void {
  const silence = frame.program
    .command('silence')
    .description('failures of some jobs are recorded and not tried again for a while');
  addAdd(silence, frame);
  addList(silence, frame);
  addExpire(silence, frame);
}

function addAdd(silence: Command, { terminal, finish, env }: Frame): void {
  const work: Work<[string, AddOptions]> = (config, { http }, job, { server, json, ...options }) => {
    const token = requireApiToken(config);
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
    .action(connected({ finish, env }, work));
}

function addList(silence: Command, { terminal, finish, env }: Frame): void {
  const work: Work<[Common]> = (config, { http }, { server, json }) =>
    listSilences(http, terminal, { server: server ?? serviceUrl(config), json });
  silence
    .command('list', { isDefault: true })
    .description('list those that are not over, the soonest to end first (silence alone does the same)')
    .option('--server <url>', 'the address of the service', readServer)
    .option('--json', 'answer as JSON', false)
    .addHelpText('after', '\nExample:\n  retrigger silence list --json')
    .action(connected({ finish, env }, work));
}

function addExpire(silence: Command, { terminal, finish, env }: Frame): void {
  const work: Work<[string, Common]> = (config, { http }, id, { server, json }) => {
    const place = { server: server ?? serviceUrl(config), json };
    return expireSilence(http, terminal, id, requireApiToken(config), place);
  };
  silence
    .command('expire <id>')
    .description('end a silence now, with RETRIGGER_API_TOKEN')
    .option('--server <url>', 'the address of the service', readServer)
    .option('--json', 'answer as JSON', false)
    .addHelpText('after', '\nExample:\n  retrigger silence expire 0b2f6f6e-6b0e-4f0e-9d7a-1c2d3e4f5a6b')
    .action(connected({ finish, env }, work));
}

function pickEnd({ for: length, until }: Pick<AddOptions, 'for' | 'until'>): string {
  const end = length ?? until;
  if (end !== undefined && (length === undefined || until === undefined)) return end;
  throw new CommandFailure('Say when the silence ends, with one of --for DURATION and --until TIME.', 2);
}

function pickAuthor({ author }: { author?: string }, env: Frame['env']): string {
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
