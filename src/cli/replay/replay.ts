import type { Outside } from '../../app/clients.ts';
import { loadRules } from '../../app/load-rules.ts';
import type { Config } from '../../config/read-config.ts';
import type { Clock } from '../../time/clock.ts';
import {
  type CollectedJob,
  collectFailures,
  type JobPlace,
  mostRuns,
} from '../../flow/requests/collect-failures.ts';
import { describeMiss } from '../../evidence/artifacts/artifact-source.ts';
import { pathInBucket } from '../../job/run.ts';
import { narrowGate } from '../../time/narrow-gate.ts';
import { compareReplays } from '../../rules/tools/compare-replays.ts';
import { listCases } from '../../rules/tools/replay-case.ts';
import { replayRules } from '../../rules/tools/replay.ts';
import { serviceUrl } from '../service-url.ts';
import type { CounterLine } from './progress-line.ts';
import { describeReplay } from './describe-replay.ts';
import { findReplayJobs } from './find-replay-jobs.ts';
import { answer, CommandFailure, type ExitCode, type Terminal } from '../terminal.ts';
import { viewReplay } from './view-replay.ts';

export interface ReplayOptions {
  /** Milliseconds. */
  since: number;
  against?: string;
  job: string[];
  rules?: string;
  server?: string;
  json: boolean;
}

export interface ReplayBench {
  config: Config;
  outside: Pick<Outside, 'http' | 'source'>;
  clock: Clock;
  counter: CounterLine;
}

/** What was read, and what stood in the way, a plain sentence each. */
interface Reading {
  jobs: CollectedJob[];
  notes: string[];
}

/** Runs that are read at a time. */
const width = 4;

/** Judges the failed runs of the past by the rules in force and by another set of rules; nothing is triggered. */
export async function replay(
  bench: ReplayBench,
  terminal: Terminal,
  { since, against, job: jobs, json, ...options }: ReplayOptions,
): Promise<ExitCode> {
  const { config, outside, clock } = bench;
  const directories = { before: options.rules ?? config.rulesDir, after: against ?? null };
  const { rules: before } = await loadRules(directories.before);
  const after = against === undefined ? null : (await loadRules(against)).rules;
  const until = clock.now();
  const window = { since: until - since, until };
  const server = options.server ?? serviceUrl(config);
  const places = await findReplayJobs(outside.http, {
    jobs,
    server,
    buckets: config.gcsBuckets,
    since: window.since,
  });
  const { jobs: read, notes } = await readJobs(bench, places, window.since);
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
  notes.forEach((note) => terminal.note(note));
  answer(terminal, json, viewReplay({ ...shown, jobs: read, notes }), describeReplay(shown));
  return 0;
}

async function readJobs(
  { config, outside, counter }: ReplayBench,
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
  const deps = { source: outside.source, settings, gate: narrowGate(width), onRun };
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
      ? [`Of ${folder} only the newest ${mostRuns} runs were looked at: take a shorter --since.`]
      : []),
    ...unread.map((why) => `Not read in ${folder}: ${why}.`),
  ];
}
