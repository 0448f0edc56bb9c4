import type { Chain, ChainRun } from '../../chain/chain.ts';
import type { DecisionReason } from '../../chain/decision.ts';
import { isForOurChannels } from '../../chain/proof.ts';
import { type ClusterTime, type Digest, type DigestSpan, mostFlaky } from './digest.ts';
import { RuleRecord } from './rule-record.ts';

/** What is kept while chains go by: it grows with rules and flaky jobs, not with chains. */
interface Tally {
  others: number;
  closed: number;
  retried: number;
  rescued: number;
  exhausted: number;
  handedOver: number;
  skipped: Map<DecisionReason | null, number>;
  tries: Map<string, number>;
  rescues: Map<string, number>;
  flaky: Map<string, number>;
  hours: ClusterTime;
}

/**
 * Counts what closed in the span, in any order. All chains that are known belong here: whether a rule has become idle is
 * told by its last attempts at any time. A rule is named idle only if it made an attempt in the span, so that an unused rule
 * is not named for ever. Anyone can report failures, so chains that are not for our
 * channels are only counted.
 */
export async function weighDigest(
  chains: AsyncIterable<Chain> | Iterable<Chain>,
  { from, to }: DigestSpan,
): Promise<Digest> {
  const tally = newTally();
  const record = new RuleRecord();
  for await (const chain of chains) {
    const counts = chain.closedAt !== null && chain.closedAt >= from && chain.closedAt < to;
    if (!isForOurChannels(chain)) {
      if (counts) tally.others += 1;
      continue;
    }
    const attempts = chain.runs.filter(({ attempt }) => attempt > 0);
    const rule = ruleOf(chain);
    if (rule !== null) record.add(rule, chain, attempts);
    if (counts) count(tally, chain, attempts, rule);
  }
  return { from, to, ...conclude(tally, record) };
}

function newTally(): Tally {
  return {
    others: 0,
    closed: 0,
    retried: 0,
    rescued: 0,
    exhausted: 0,
    handedOver: 0,
    skipped: new Map(),
    tries: new Map(),
    rescues: new Map(),
    flaky: new Map(),
    hours: { spent: 0, rescued: 0, unknown: 0 },
  };
}

/** The rule that made the attempts; one that says never made none, though it may have decided last. */
function ruleOf({ decision }: Chain): string | null {
  return decision === null || decision.reason === 'never' ? null : decision.rule;
}

function count(tally: Tally, chain: Chain, attempts: readonly ChainRun[], rule: string | null): void {
  tally.closed += 1;
  if (attempts.length > 0) tally.retried += 1;
  countEnd(tally, chain);
  if (rule !== null && attempts.length > 0) {
    raise(tally.tries, rule, attempts.length);
    raise(tally.rescues, rule, chain.state === 'passed' ? 1 : 0);
  }
  for (const run of attempts) addHours(tally.hours, run);
}

function countEnd(tally: Tally, { state, decision, jobName }: Chain): void {
  if (state === 'passed') {
    tally.rescued += 1;
    raise(tally.flaky, jobName, 1);
  } else if (state === 'exhausted') tally.exhausted += 1;
  else if (state === 'skipped') raise(tally.skipped, decision?.reason ?? null, 1);
  else tally.handedOver += 1;
}

function addHours(hours: ClusterTime, { startedAt, finishedAt, status }: ChainRun): void {
  if (startedAt === null || finishedAt === null || finishedAt < startedAt) {
    hours.unknown += 1;
    return;
  }
  hours.spent += finishedAt - startedAt;
  if (status === 'SUCCESS') hours.rescued += finishedAt - startedAt;
}

function raise<T>(counts: Map<T, number>, key: T, by: number): void {
  counts.set(key, (counts.get(key) ?? 0) + by);
}

function conclude(tally: Tally, record: RuleRecord): Omit<Digest, keyof DigestSpan> {
  const { skipped, tries, rescues, flaky, ...counts } = tally;
  const rules = [...tries].map(([rule, made]) => ({ rule, tries: made, rescues: rescues.get(rule) ?? 0 }));
  const mostHelpfulFirst = rules.toSorted(
    (a, b) => b.rescues - a.rescues || b.tries - a.tries || compareNames(a.rule, b.rule),
  );
  return {
    ...counts,
    skipped: mostFirst(skipped).map(([reason, chains]) => ({ reason, chains })),
    rules: mostHelpfulFirst,
    idleRules: mostHelpfulFirst.map(({ rule }) => rule).filter((rule) => record.isIdle(rule)),
    flakiest: mostFirst(flaky)
      .slice(0, mostFlaky)
      .map(([jobName, rescued]) => ({ jobName, rescued })),
  };
}

/** The same order whatever order the chains came in. */
function mostFirst<T extends string | null>(counts: ReadonlyMap<T, number>): [T, number][] {
  return [...counts].toSorted(([a, many], [b, few]) => few - many || compareNames(a ?? '', b ?? ''));
}

function compareNames(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
