import type { DecisionReason } from '../../chain/decision.ts';
import { type Chain, closedAtOf } from '../../chain/chain.ts';
import { type ChainRun } from '../../chain/run.ts';
import { isForOurChannels } from '../../chain/proof.ts';
import { isFinished } from '../../job/status.ts';

/** What counts into a digest. Times are milliseconds since the epoch. */
export interface DigestSpan {
  from: number;
  /** The first moment that no longer counts. */
  to: number;
}

/**
 * What came of the failures in a span of time. A chain counts in the one in which it closed, as far as the store still
 * knows it; one that is opened again counts when it closes again. An attempt is a run of such a chain that was one of
 * ours, also where the memory of the chain begins with it.
 */
export interface Digest extends DigestSpan {
  /** Chains that closed and are not for our channels; no other number includes them. */
  others: number;
  /** Chains that closed; each was `rescued`, `exhausted`, `skipped` or `handedOver`. */
  closed: number;
  /** Chains with at least one attempt, however they ended. */
  retried: number;
  /** Chains that passed: flakes. */
  rescued: number;
  exhausted: number;
  /** Chains that were skipped, the most frequent reason first. */
  skipped: SkipAccount[];
  /** Chains that ended in a person's hands: Gangway refused, or nothing could be told. */
  handedOver: number;
  /** The rules that made an attempt, those that rescued most first. */
  rules: RuleAccount[];
  /** Names of those rules whose last `idleTries` attempts all failed. */
  idleRules: string[];
  /** The jobs with the most rescued chains, at most `maxFlaky`. */
  flakiest: FlakyJob[];
  hours: ClusterTime;
}

interface SkipAccount {
  /** `null`: the chain tells none. */
  reason: DecisionReason | null;
  chains: number;
}

/** What the chains of a rule came to; a chain's rule is the one that decided last. */
interface RuleAccount {
  rule: string;
  /** Attempts. */
  tries: number;
  /** Chains that passed. */
  rescues: number;
}

interface FlakyJob {
  jobName: string;
  rescued: number;
}

/** Lengths of the attempts' runs in milliseconds, from their start to their end. */
interface ClusterTime {
  spent: number;
  /** The part of it that went into attempts that passed. */
  rescued: number;
  /** Attempts whose length is not known. */
  unknown: number;
}

/** So many attempts in a row without a rescue make a rule idle. */
export const idleTries = 20;

const maxFlakyJobs = 5;

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
export async function computeDigest(
  chains: AsyncIterable<Chain> | Iterable<Chain>,
  { from, to }: DigestSpan,
): Promise<Digest> {
  const tally = newTally();
  const record = new RuleRecord();
  for await (const chain of chains) {
    const closedAt = closedAtOf(chain);
    const counts = closedAt !== null && closedAt >= from && closedAt < to;
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
  const maxHelpfulFirst = rules.toSorted(
    (a, b) => b.rescues - a.rescues || b.tries - a.tries || compareNames(a.rule, b.rule),
  );
  return {
    ...counts,
    skipped: sortByCount(skipped).map(([reason, chains]) => ({ reason, chains })),
    rules: maxHelpfulFirst,
    idleRules: maxHelpfulFirst.map(({ rule }) => rule).filter((rule) => record.isIdle(rule)),
    flakiest: sortByCount(flaky)
      .slice(0, maxFlakyJobs)
      .map(([jobName, rescued]) => ({ jobName, rescued })),
  };
}

/** The same order whatever order the chains came in. */
function sortByCount<T extends string | null>(counts: ReadonlyMap<T, number>): [T, number][] {
  return [...counts].toSorted(([a, many], [b, few]) => few - many || compareNames(a ?? '', b ?? ''));
}

function compareNames(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/** An attempt that has ended. */
interface Try {
  at: number;
  /** Tells attempts of the same moment apart. */
  key: string;
  passed: boolean;
}

/** The last attempts of each rule, `idleTries` of them: what was forgotten is older than what is kept. */
class RuleRecord {
  readonly #tries = new Map<string, Try[]>();

  add(rule: string, chain: Chain, attempts: readonly ChainRun[]): void {
    const ended = attempts.flatMap(({ status, attempt, openedAt }) =>
      status === null || !isFinished(status)
        ? []
        : [{ at: openedAt, key: `${chain.id} ${attempt}`, passed: status === 'SUCCESS' }],
    );
    if (ended.length === 0) return;
    const known = this.#tries.get(rule) ?? [];
    this.#tries.set(rule, [...known, ...ended].toSorted(compareNewestFirst).slice(0, idleTries));
  }

  /** Whether none of its last attempts passed, and there were enough to tell. */
  isIdle(rule: string): boolean {
    const tries = this.#tries.get(rule) ?? [];
    return tries.length === idleTries && !tries.some(({ passed }) => passed);
  }
}

function compareNewestFirst(one: Try, other: Try): number {
  if (one.at !== other.at) return other.at - one.at;
  return one.key < other.key ? -1 : 1;
}
