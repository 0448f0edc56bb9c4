import { tabulate } from '../terminal.ts';
import { formatDuration } from '../../time/duration.ts';
import {
  differsBeyondName,
  type Delta,
  type Replayed,
  compareTotals,
  type Tally,
  tally,
} from '../../rules/tools/compare-replays.ts';
import type { ReplayDecision } from '../../rules/tools/replay.ts';
import { pluralize } from '../../text/pluralize.ts';

export interface ReplayShown {
  /** Milliseconds since the epoch. */
  window: { since: number; until: number };
  directories: { before: string; after: string | null };
  /** In the order in which the runs ended. */
  replayed: readonly Replayed[];
}

/** A replay in lines for people: the differences, then what each rule set came to. */
export function describeReplay({ window, directories, replayed }: ReplayShown): string[] {
  const length = formatDuration(window.until - window.since);
  if (replayed.length === 0) return [`No run that ended in the last ${length} failed.`];
  const { before, after } = directories;
  const first = tally(replayed.map((each) => each.before));
  if (after === null) return [...describeJobs(replayed), '', ...describeTally(before, first)];
  const second = tally(replayed.flatMap((each) => each.after ?? []));
  const [inName, differences] = splitDifferences(replayed);
  const none = `No difference in ${replayed.length} failed runs of the last ${length}.`;
  return [
    ...(differences.length + inName.length === 0 ? [none] : tabulate(differences.map(describeDifference))),
    ...describeRenamed(inName.length, differences.length > 0),
    '',
    ...describeTally(before, first),
    ...describeTally(after, second),
    ...describeBalance(before, after, replayed),
  ];
}

/** Those that differ only in the rule's name, and the others. */
function splitDifferences(replayed: readonly Replayed[]): [inName: Replayed[], others: Replayed[]] {
  const differences = replayed.filter(({ differs }) => differs);
  return [
    differences.filter((each) => !differsBeyondName(each)),
    differences.filter((each) => differsBeyondName(each)),
  ];
}

function describeRenamed(times: number, hasMore: boolean): string[] {
  if (times === 0) return [];
  return [`${times}${hasMore ? ' more' : ''} ${times === 1 ? 'differs' : 'differ'} only in the rule's name`];
}

function describeDifference({ case: { at, run, buildId }, before, after }: Replayed): string[] {
  const change = `${describeVerdict(before)} → ${after === null ? '' : describeVerdict(after)}`;
  return [new Date(at).toISOString().slice(0, 16).replace('T', ' '), run.jobName, buildId, change];
}

function describeVerdict({ outcome, reason, rule, delayMs }: ReplayDecision): string {
  const by = rule === null ? '' : ` (${rule})`;
  const when = outcome === 'retry' && delayMs !== null ? ` after ${formatDuration(delayMs)}` : '';
  return `${outcome} ${reason}${by}${when}`;
}

/** How often each rule decided in which way, job by job. */
function describeJobs(replayed: readonly Replayed[]): string[] {
  const groups = Map.groupBy(replayed, ({ case: { run }, before: { rule, outcome, reason } }) =>
    [run.jobName, rule ?? '-', `${outcome} ${reason}`].join('\n'),
  );
  const rows = [...groups].map(([key, { length }]) => [...key.split('\n'), String(length)]);
  const sorted = rows.toSorted((a, b) => (a.join('\n') < b.join('\n') ? -1 : 1));
  return tabulate([['JOB', 'RULE', 'DECISION', 'RUNS'], ...sorted]);
}

function describeTally(directory: string, { judged, attempts, reasons, held }: Tally): string[] {
  const why = Object.entries(reasons).map(([reason, times]) => `${reason} ${times}`);
  const waiting = held === 0 ? '' : `, ${held} more held behind a canary`;
  return [
    `${directory}: ${pluralize(judged, 'failed run')} judged, ${pluralize(attempts, 'attempt')}${waiting}`,
    `  ${why.join(', ')}`,
  ];
}

function describeBalance(before: string, after: string, replayed: readonly Replayed[]): string[] {
  const { attempts, onlyBefore, onlyAfter } = compareTotals(replayed);
  const sign = attempts > 0 ? '+' : '';
  return [
    `Balance: ${sign}${pluralize(attempts, 'attempt')}`,
    ...describeGain(after, onlyAfter),
    ...describeGain(before, onlyBefore),
  ];
}

function describeGain(directory: string, { attempts, followedByPass, nextUnknown }: Delta): string[] {
  if (attempts === 0) return [];
  const unknown = nextUnknown === 0 ? '' : `, ${nextUnknown} had no next run yet`;
  const after = `the job's next run passed after ${followedByPass} of these failures`;
  return [`  ${attempts} by ${directory} alone: ${after}${unknown} (a hint, no promise)`];
}
