import { type Command, InvalidArgumentError } from 'commander';
import { SystemClock } from '../../adapters/system/system-clock.ts';
import { parseDuration } from '../../time/duration.ts';
import { withClients, type CliContext, type CommandWork } from '../context.ts';
import { answer, CommandFailure, type ExitCode, type Terminal } from '../terminal.ts';
import { readServer } from '../server-api.ts';
import { serviceUrl, type Config } from '../../config/read-config.ts';
import type { Clients } from '../../app/clients.ts';
import { loadRules } from '../../app/load-rules.ts';
import type { Clock } from '../../time/clock.ts';
import {
  type CollectedJob,
  collectFailures,
  type JobPlace,
  maxRuns,
} from '../../flow/requests/collect-failures.ts';
import { describeMiss } from '../../evidence/artifacts/artifact-source.ts';
import { pathInBucket } from '../../job/run.ts';
import { createPool } from '../../time/work-pool.ts';
import { compareReplays } from '../../rules/tools/compare-replays.ts';
import { listCases } from '../../rules/tools/replay-case.ts';
import { replayRules } from '../../rules/tools/replay.ts';
import { describeReplay } from './describe-replay.ts';
import { findReplayJobs } from './find-replay-jobs.ts';
import { viewReplay } from './view-replay.ts';

const maxSpanMs = 365 * 24 * 60 * 60_000;

/** `rules replay`, which reads the bucket and, unless jobs are named, asks the running service for its jobs. */
export function addReplayCommand(rules: Command, { terminal, finish, env }: CliContext): void {
  const work: CommandWork<[ReplayOptions]> = (config, clients, options) => {
    const clock = new SystemClock();
    const counter = startProgressLine(process.stderr, clock);
    return replay({ config, clients, clock, counter }, terminal, options);
  };
  rules
    .command('replay')
    .description('what rules would have made of the failures of the past; triggers nothing')
    .requiredOption('--since <duration>', 'how far to look back, such as 14d', readSince)
    .option('--against <dir>', 'other rules, to be compared with those in force')
    .option(
      '--job <glob>',
      'a job by its name, or those of the service that match; may be repeated',
      addJob,
      [],
    )
    .option('--rules <dir>', 'in place of RETRIGGER_RULES_DIR')
    .option('--server <url>', 'the address of the service that is asked for its jobs', readServer)
    .option('--json', 'answer as JSON, with every run that was judged', false)
    .addHelpText(
      'after',
      '\nExamples:\n  retrigger rules replay --since 14d --against ../rules-new\n' +
        '  retrigger rules replay --since 7d --job periodic-ci-org-repo-main-e2e-aws',
    )
    .action(withClients({ finish, env }, work));
}

function readSince(text: string): number {
  const ms = parseDuration(text);
  if (ms !== null && ms > 0 && ms <= maxSpanMs) return ms;
  throw new InvalidArgumentError('Write a duration such as 14d, at most 365d.');
}

function addJob(text: string, sofar: string[]): string[] {
  return [...sofar, text];
}

interface ReplayOptions {
  /** Milliseconds. */
  since: number;
  against?: string;
  job: string[];
  rules?: string;
  server?: string;
  json: boolean;
}

interface ReplayDeps {
  config: Config;
  clients: Pick<Clients, 'http' | 'source'>;
  clock: Clock;
  counter: ProgressLine;
}

/** What was read, and what stood in the way, a plain sentence each. */
interface Reading {
  jobs: CollectedJob[];
  notes: string[];
}

/** Runs that are read at a time. */
const width = 4;

/** Judges the failed runs of the past by the rules in force and by another set of rules; nothing is triggered. */
async function replay(
  deps: ReplayDeps,
  terminal: Terminal,
  { since, against, job: jobs, json, ...options }: ReplayOptions,
): Promise<ExitCode> {
  const { config, clients, clock } = deps;
  const directories = { before: options.rules ?? config.rulesDir, after: against ?? null };
  const { rules: before } = await loadRules(directories.before);
  const after = against === undefined ? null : (await loadRules(against)).rules;
  const until = clock.now();
  const window = { since: until - since, until };
  const server = options.server ?? serviceUrl(config);
  const places = await findReplayJobs(clients.http, {
    jobs,
    server,
    buckets: config.gcsBuckets,
    since: window.since,
  });
  const { jobs: read, notes } = await readJobs(deps, places, window.since);
  if (read.every(({ record }) => record.runs.length === 0)) {
    throw new CommandFailure(['Nothing could be read.', ...notes].join('\n  '));
  }
  const cases = listCases(read.map(({ record }) => record));
  const verdicts = {
    before: replayRules(cases, before),
    after: after === null ? null : replayRules(cases, after),
  };
  const replayed = compareReplays(cases, verdicts.before, verdicts.after);
  const shown = { window, directories, replayed };
  notes.forEach((note) => terminal.err(note));
  answer(terminal, json, viewReplay({ ...shown, jobs: read, notes }), describeReplay(shown));
  return 0;
}

async function readJobs(
  { config, clients, counter }: ReplayDeps,
  places: readonly JobPlace[],
  since: number,
): Promise<Reading> {
  const settings = { prowUrl: config.prowUrl };
  let runs = 0;
  let done = 0;
  const tell = (): void => counter.show(`${done} of ${places.length} jobs, ${runs} runs read`);
  const onRun = (): void => {
    runs += 1;
    tell();
  };
  const deps = { source: clients.source, settings, pool: createPool(width), onRun };
  const found = await Promise.all(
    places.map(async (place) => {
      const collected = await collectFailures(deps, place, since);
      done += 1;
      tell();
      return { place, collected };
    }),
  );
  counter.clear();
  const jobs = found.flatMap(({ collected }) => (collected.kind === 'found' ? [collected.value] : []));
  const refused = found.flatMap(({ place, collected }) =>
    collected.kind !== 'found' && collected.kind !== 'absent'
      ? [`${pathInBucket(place.folder)} could not be listed: ${describeMiss(collected)}.`]
      : [],
  );
  return { jobs, notes: [...refused, ...jobs.flatMap(describeGaps)] };
}

function describeGaps({ place, record, isCut, unread }: CollectedJob): string[] {
  const folder = pathInBucket(place.folder);
  const none = `No bucket has a finished run in ${folder}.`;
  return [
    ...(record.runs.length === 0 && unread.length === 0 ? [none] : []),
    ...(isCut
      ? [`Of ${folder} only the newest ${maxRuns} runs were looked at: take a shorter --since.`]
      : []),
    ...unread.map((why) => `Not read in ${folder}: ${why}.`),
  ];
}

/** One line on standard error that counts along, where a person looks on; elsewhere it says nothing. */
interface ProgressLine {
  show(text: string): void;
  clear(): void;
}

type ProgressStream = Pick<NodeJS.WriteStream, 'isTTY'> & { write(text: string): boolean };

/** Whoever waits for less needs no counter. */
const patienceMs = 1_000;

export function startProgressLine(stream: ProgressStream, clock: Clock): ProgressLine {
  const startedAt = clock.now();
  let isShown = false;
  return {
    show(text) {
      if (!stream.isTTY || clock.now() - startedAt < patienceMs) return;
      isShown = true;
      stream.write(`\r\u001b[K${text}`);
    },
    clear() {
      if (isShown) stream.write('\r\u001b[K');
      isShown = false;
    },
  };
}
