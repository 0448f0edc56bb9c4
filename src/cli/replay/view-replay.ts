import { describeReasons } from '../../report/reasons.ts';
import type { CollectedJob } from '../../flow/requests/collect-failures.ts';
import { pathInBucket } from '../../job/run.ts';
import { type Replayed, compareTotals, tally } from '../../rules/tools/compare-replays.ts';
import type { ReplayDecision } from '../../rules/tools/replay.ts';
import type { ReplayShown } from './describe-replay.ts';

/** A replay as `--json` shows it, every judged run included. Times are RFC 3339, UTC; delays milliseconds. */
export function viewReplay({
  window,
  directories,
  replayed,
  jobs,
  notes,
}: ReplayShown & { jobs: readonly CollectedJob[]; notes: readonly string[] }) {
  const after = replayed.flatMap((each) => each.after ?? []);
  const hasTwo = directories.after !== null;
  return {
    since: formatTime(window.since),
    until: formatTime(window.until),
    rules: directories.before,
    against: directories.after,
    jobs: jobs.map(viewJob),
    runs: replayed.map(viewRun),
    totals: {
      before: tally(replayed.map((each) => each.before)),
      after: hasTwo ? tally(after) : null,
    },
    balance: hasTwo ? viewBalance(replayed) : null,
    notes,
  };
}

function viewJob({ place, record, isCut, unread }: CollectedJob) {
  return {
    job_name: place.jobName,
    folder: pathInBucket(place.folder),
    runs_read: record.runs.length,
    failed: record.failures.length,
    cut: isCut,
    unread,
  };
}

function viewRun({ case: each, before, after, differs }: Replayed) {
  const { evidence, attempt, jobName } = each.run;
  return {
    job_name: jobName,
    build_id: each.buildId,
    url: each.url,
    ended_at: formatTime(each.at),
    attempt,
    status: evidence.status,
    phase: evidence.phase,
    steps: evidence.steps,
    labels: (evidence.knownFailures ?? []).map(({ label }) => label),
    signature: evidence.signature,
    next_run: each.nextStatus,
    before: viewVerdict(before),
    after: after === null ? null : viewVerdict(after),
    differs,
  };
}

function viewVerdict({ outcome, reason, rule, because, delayMs }: ReplayDecision) {
  return { outcome, reason, rule, delay_ms: delayMs, because: describeReasons(because) };
}

function viewBalance(replayed: readonly Replayed[]) {
  const { attempts, onlyBefore, onlyAfter } = compareTotals(replayed);
  const view = (gain: typeof onlyBefore) => ({
    attempts: gain.attempts,
    followed_by_pass: gain.followedByPass,
    next_unknown: gain.nextUnknown,
  });
  return { attempts, only_before: view(onlyBefore), only_after: view(onlyAfter) };
}

function formatTime(ms: number): string {
  return new Date(ms).toISOString();
}
