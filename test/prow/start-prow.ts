import type { Clock } from '../../src/time/clock.ts';
import { Bucket } from './bucket/bucket.ts';
import { startBucketServer } from './bucket/bucket-server.ts';
import { Cluster, type CollectOptions, type NewRun } from './cluster/cluster.ts';
import { Ids } from './cluster/ids.ts';
import { Deck } from './deck/deck.ts';
import type { JobDefinition } from './cluster/job-definition.ts';
import type { ProwRun } from './cluster/prow-run.ts';
import type { RunPlan, StageDurations } from './cluster/run-plan.ts';
import type { GangwayForm } from './gangway/api.ts';
import { Gangway } from './gangway/gangway.ts';
import type { GangwayRate } from './gangway/rate-limit.ts';
import { Slack } from './slack/slack.ts';

export interface ProwOptions {
  clock: Clock;
  /** The token that Gangway lets in. */
  token?: string;
  gangwayRate?: GangwayRate;
  /** ESPv2's way of printing, an older Gangway, only the path form. */
  gangwayForm?: Partial<GangwayForm>;
  bucketName?: string;
  /** More buckets, to which runs are uploaded whose plan says so. */
  otherBuckets?: string[];
  /** How long the stages of a run take where its plan does not say, ms. */
  durations?: Partial<StageDurations>;
  /** Whether a sidecar's text files are stored gzip-compressed; as on OpenShift they are, unless this is false. */
  compress?: boolean;
  /** Another seed gives other ids. */
  seed?: string;
  /** The `job-re-trigger` step of a failed run, called while the run is pending; the run waits for it. */
  onReTriggerStep?: (run: ProwRun) => unknown;
}

/** Prow, Gangway, Deck, the buckets and Slack's webhooks, without a port: each answers requests that are handed to it. */
export interface ProwParts {
  readonly token: string;
  readonly bucketName: string;
  readonly gangway: Gangway;
  /** The first of the buckets. */
  readonly bucket: Bucket;
  readonly buckets: readonly Bucket[];
  readonly deck: Deck;
  readonly slack: Slack;
  /** Every run there has been, in order of creation. */
  readonly runs: readonly ProwRun[];
  /** May be set at any time; `null`: the step does nothing. */
  onReTriggerStep: ((run: ProwRun) => unknown) | null;
  defineJob(job: JobDefinition): JobDefinition;
  /** Starts a run as horologium or a person would. */
  startRun(jobName: string, options?: NewRun): ProwRun;
  /** A run that has ended long ago: its artifacts are there at once. `startedAt` in ms since the epoch. */
  recordPast(jobName: string, plan: RunPlan, startedAt: number, options?: NewRun): ProwRun;
  /** Sinker: deletes old ProwJobs, so that Gangway answers "not found". */
  collect(options?: CollectOptions): ProwRun[];
  /** Resolves when no re-trigger step waits for its answer; until then those runs stand still. */
  settled(): Promise<void>;
}

/** The same on ports of 127.0.0.1. */
export interface Prow extends ProwParts {
  readonly gangwayUrl: string;
  readonly bucketUrl: string;
  readonly deckUrl: string;
  readonly slackUrl: string;
  close(): Promise<void>;
}

/** Starts the stand-in. All its times come from `clock`. */
export async function startProw(options: ProwOptions): Promise<Prow> {
  const parts = buildProw(options);
  const { gangway, buckets, slack, deck } = parts;
  const servers = await Promise.all([
    gangway.listen(),
    startBucketServer(buckets),
    slack.listen(),
    deck.listen(),
  ]);
  return Object.assign(parts, {
    gangwayUrl: servers[0].origin,
    bucketUrl: servers[1].origin,
    slackUrl: servers[2].origin,
    deckUrl: servers[3].origin,
    async close() {
      await Promise.all(servers.map((server) => server.close()));
    },
  });
}

export function buildProw(options: ProwOptions): ProwParts {
  const { clock, token = 'sha256~good-token', seed = 'prow' } = options;
  const { bucketName = 'test-platform-results-public', otherBuckets = [] } = options;
  const bucket = new Bucket(bucketName, clock);
  const buckets = [bucket, ...otherBuckets.map((name) => new Bucket(name, clock))];
  const working = new Set<Promise<void>>();
  const cluster = new Cluster({
    clock,
    buckets,
    ids: new Ids(seed),
    deckUrl: 'https://prow.ci.openshift.org',
    durations: options.durations ?? {},
    compress: options.compress ?? true,
    reTriggerStep: (run) => parts.onReTriggerStep?.(run),
    busy: (work) => {
      const watched = work.finally(() => working.delete(watched));
      working.add(watched);
    },
  });
  const gangway = new Gangway(clock, cluster);
  gangway.allow(token);
  gangway.limit(options.gangwayRate ?? null);
  Object.assign(gangway.form, options.gangwayForm);
  const parts: ProwParts = {
    token,
    bucketName,
    gangway,
    bucket,
    buckets,
    deck: new Deck(cluster),
    slack: new Slack(clock),
    runs: cluster.runs,
    onReTriggerStep: options.onReTriggerStep ?? null,
    defineJob: (job) => cluster.defineJob(job),
    startRun: (jobName, run) => cluster.start(jobName, run),
    recordPast: (jobName, plan, startedAt, run) => cluster.recordPast(jobName, plan, startedAt, run),
    collect: (which) => cluster.collect(which),
    async settled() {
      while (working.size > 0) await Promise.all(working);
    },
  };
  return parts;
}
