import type { Evidence } from '../../evidence/evidence.ts';
import type { PastRun } from '../../history/past-runs.ts';
import { readLineage } from '../../trigger/lineage.ts';
import { findManager } from '../../job/managed-by.ts';
import { isLaterBuild } from '../../job/run.ts';
import type { JobStatus } from '../../job/status.ts';
import { type DecisionContext, emptyContext } from '../decide/context.ts';
import type { FailedRun } from '../matchers/matcher.ts';

/** What was read of a job's past. */
export interface JobRecord {
  jobName: string;
  /** Finished runs, newest first. Some are older than the failures: they are the history of the failures. */
  runs: readonly PastRun[];
  failures: readonly Failure[];
}

/** A failed run and what it left behind. Time is in ms since the epoch. */
export interface Failure {
  buildId: string;
  endedAt: number;
  url: string;
  evidence: Evidence;
}

/** A failed run of the past with all that the rules may ask for, whichever rules they are. */
export interface ReplayCase {
  buildId: string;
  url: string;
  /** When the run ended, in ms since the epoch. */
  at: number;
  run: FailedRun;
  /** Without outages, which depend on the rules, and without silences, which are not recorded. */
  facts: DecisionContext;
  /** The ProwJob with which the run's chain began; `null`: unknown. */
  root: string | null;
  /** When the next run began that is not an attempt, in ms since the epoch; `null`: none has begun. */
  newerRunAt: number | null;
  /** How the job's next run ended; `null`: there was none yet. */
  nextStatus: JobStatus | null;
}

/** The failures of all jobs, in the order in which they ended. */
export function listCases(records: readonly JobRecord[]): ReplayCase[] {
  const cases = records.flatMap((record) => record.failures.map((failure) => buildCase(record, failure)));
  const signed = addSignatures(cases);
  return signed.toSorted((a, b) => a.at - b.at || (isLaterBuild(b.buildId, a.buildId) ? -1 : 1));
}

function buildCase({ jobName, runs }: JobRecord, { buildId, endedAt, url, evidence }: Failure): ReplayCase {
  const lineage = readLineage(evidence);
  const attempt = lineage?.attempt ?? 0;
  const earlier = runs.filter(
    (run) => isLaterBuild(buildId, run.buildId) && (run.finishedAt ?? 0) <= endedAt,
  );
  // An evicted pod goes on under a new build id and the same ProwJob (PROW.md, 2): that is the same run.
  const later = runs.filter(
    (run) => isLaterBuild(run.buildId, buildId) && run.prowJobId !== evidence.prowJobId,
  );
  const made = [...earlier, { attempt, startedAt: evidence.startedAt }].filter((run) => run.attempt > 0);
  const madeAt = made.flatMap(({ startedAt }) => startedAt ?? []);
  return {
    buildId,
    url,
    at: endedAt,
    run: { jobName, attempt, managedBy: findManager(evidence), evidence },
    facts: {
      ...emptyContext,
      pastRuns: earlier,
      lastAttemptAt: madeAt.length === 0 ? null : Math.max(...madeAt),
    },
    root: lineage?.root ?? evidence.prowJobId,
    newerRunAt: later.findLast((run) => run.attempt === 0)?.startedAt ?? null,
    nextStatus: later.findLast(({ startedAt }) => (startedAt ?? endedAt) >= endedAt)?.status ?? null,
  };
}

/** Gives each case the signatures of the runs of its chain that failed before it. */
function addSignatures(cases: readonly ReplayCase[]): ReplayCase[] {
  const chains = Map.groupBy(cases, ({ root }) => root);
  return cases.map((each) => {
    const chain = each.root === null ? [] : (chains.get(each.root) ?? []);
    const before = chain.filter((other) => isLaterBuild(each.buildId, other.buildId));
    const earlierSignatures = before.flatMap(({ run }) => run.evidence.signature ?? []);
    return { ...each, facts: { ...each.facts, earlierSignatures } };
  });
}
