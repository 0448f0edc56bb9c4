import type { Chain } from '../../src/chain/chain.ts';
import { type ChainRun, openRun } from '../../src/chain/run.ts';
import type { ClosedState } from '../../src/chain/transitions.ts';
import type { DecisionReason } from '../../src/chain/decision.ts';
import { openChain } from '../../src/chain/accept.ts';
import { closeAs } from '../chain/chains.ts';
import type { JobStatus } from '../../src/job/status.ts';

export const hour = 60 * 60_000;
export const day = 24 * hour;
/** Monday, 16 November 2026, and the Monday after it. */
export const from = Date.UTC(2026, 10, 16);
export const to = from + 7 * day;

/** How an attempt of a chain went. */
export interface Tried {
  status: JobStatus | null;
  /** `null`: the run left no times. */
  hours?: number | null;
}

export interface Ended {
  state: ClosedState;
  /** `null`: it is open all the same. */
  closedAt?: number | null;
  jobName?: string;
  rule?: string | null;
  reason?: DecisionReason;
  tried?: Tried[];
}

let chains = 0;

/** A chain for our channels that ended in the week, unless it says otherwise; its attempts were made an hour before that. */
export function makeEnded({ closedAt = from + day, tried = [], ...ended }: Ended): Chain {
  chains += 1;
  const { state, jobName = 'periodic-ci-a', rule = null, reason = 'matched' } = ended;
  const at = (closedAt ?? from) - hour;
  const run = { jobName, prowJobId: `run-${chains}`, buildId: String(chains) };
  const opened = openChain(run, { token: null, slack: null, slackErrors: null }, at);
  const tale = {
    ...opened,
    proof: 'failed',
    trust: 'token',
    decision: { outcome: 'skip', reason, rule, because: [] },
    runs: [...opened.runs, ...tried.map((each, index) => runOf(each, index + 1, at))],
  } satisfies Chain;
  if (closedAt === null) return tale;
  return {
    ...closeAs(tale, 'skipped', closedAt),
    state,
    manual: false,
    intent: null,
    closedAt,
    missing: null,
  };
}

function runOf({ status, hours = 1 }: Tried, attempt: number, at: number): ChainRun {
  const times = hours === null ? {} : { startedAt: at, finishedAt: at + hours * hour };
  return { ...openRun(`attempt-${attempt}-of-${chains}`, null, attempt, at), ...times, status };
}

/** Chains of one attempt each, an hour apart, the newest last. */
export function makeTries(rule: string, passed: readonly boolean[], newestAt: number): Chain[] {
  return passed.map((isRescue, index) =>
    makeEnded({
      state: isRescue ? 'passed' : 'exhausted',
      rule,
      closedAt: newestAt - (passed.length - 1 - index) * hour,
      tried: [{ status: isRescue ? 'SUCCESS' : 'FAILURE' }],
    }),
  );
}
