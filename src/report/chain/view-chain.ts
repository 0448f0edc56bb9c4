import type { Phase } from '../../evidence/phase.ts';
import type { JobStatus } from '../../job/status.ts';
import { type Chain, type ChainEvent, closedAtOf, type EventName } from '../../chain/chain.ts';
import { type ChainRun } from '../../chain/run.ts';
import type { ChainState } from '../../chain/transitions.ts';
import type { Decision } from '../../chain/decision.ts';
import { formatBrief, describeReasons } from '../reasons.ts';

/** A run as the API shows it. Times are RFC 3339, UTC. */
export interface RunView {
  attempt: number;
  prow_job_id: string;
  build_id: string | null;
  status: JobStatus | null;
  phase: Phase | null;
  steps: string[];
  reason: string | null;
  /** Ids of the labels of known failures. */
  labels: string[];
  signature: string | null;
  url: string | null;
  started_at: string | null;
  finished_at: string | null;
}

export interface ChainView {
  id: string;
  job_name: string;
  state: ChainState;
  created_at: string;
  updated_at: string;
  closed_at: string | null;
  /** When the next attempt is due; `null` unless the chain is scheduled. */
  next_attempt_at: string | null;
  runs: RunView[];
  decision: DecisionView | null;
  /** The turns of the chain, oldest first. */
  events: EventView[];
}

interface DecisionView extends Omit<Decision, 'because'> {
  /** A sentence for each fact. */
  because: string[];
}

interface EventView {
  at: string;
  what: EventName;
  /** The rule or the person that caused it; `null`: the service itself. */
  by: string | null;
  detail: string | null;
}

/** A chain as the contract shows it. Every field is named here, so nothing that is sealed gets out with the rest. */
export function viewChain(chain: Chain): ChainView {
  return {
    id: chain.id,
    job_name: chain.jobName,
    state: chain.state,
    created_at: formatTime(chain.createdAt),
    updated_at: formatTime(chain.updatedAt),
    closed_at: viewTime(closedAtOf(chain)),
    next_attempt_at: viewTime(chain.state === 'scheduled' ? chain.wakeAt : null),
    runs: chain.runs.map(viewRun),
    decision: viewDecision(chain),
    events: chain.events.map(viewEvent),
  };
}

function viewRun(run: ChainRun): RunView {
  return {
    attempt: run.attempt,
    prow_job_id: run.prowJobId,
    build_id: run.buildId,
    status: run.status,
    phase: run.phase,
    steps: [...run.steps],
    reason: run.reason,
    labels: run.knownFailures.map(({ label }) => label),
    signature: run.signature,
    url: run.url,
    started_at: viewTime(run.startedAt),
    finished_at: viewTime(run.finishedAt),
  };
}

function viewDecision({ decision, state }: Chain): DecisionView | null {
  if (decision === null) return null;
  const { outcome, reason, rule, because } = decision;
  return { outcome, reason, rule, because: describeReasons(because, !isAttemptToCome(state)) };
}

/** In any other state the attempt that was decided on was made, or was called off. */
export function isAttemptToCome(state: ChainState): boolean {
  return state === 'scheduled' || state === 'held' || state === 'triggering';
}

function viewEvent({ at, what, by, detail }: ChainEvent): EventView {
  return { at: formatTime(at), what, by, detail: detail === null ? null : formatBrief(detail) };
}

function viewTime(ms: number | null): string | null {
  return ms === null ? null : formatTime(ms);
}

function formatTime(ms: number): string {
  return new Date(ms).toISOString();
}
