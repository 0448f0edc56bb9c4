import type { Phase } from '../evidence/phase.ts';
import type { KnownFailure } from '../evidence/artifacts/known-failures.ts';
import type { Manager } from '../job/managed-by.ts';
import type { Refs, JobType } from '../job/type.ts';
import type { Folder } from '../job/run.ts';
import type { JobStatus } from '../job/status.ts';
import type { Credentials } from './credentials.ts';
import type { Decision } from './decision.ts';
import type { KeptOverrides } from './overrides.ts';
import type { CardState } from './card-state.ts';
import type { Fingerprint } from '../secret.ts';

export type OpenState = 'judging' | 'scheduled' | 'held' | 'triggering' | 'following';
export type ClosedState = 'passed' | 'exhausted' | 'skipped' | 'rejected' | 'needs-human';
export type ChainState = OpenState | ClosedState;

export const openStates: readonly OpenState[] = ['judging', 'scheduled', 'held', 'triggering', 'following'];
export const closedStates: readonly ClosedState[] = [
  'passed',
  'exhausted',
  'skipped',
  'rejected',
  'needs-human',
];
export const chainStates: readonly ChainState[] = [...openStates, ...closedStates];

/**
 * What the bucket shows of a chain's first run. `none`: no `prowjob.json` names the run yet. `listed`: one names it and its
 * job. `failed`: and the run has failed.
 */
export type Proof = 'none' | 'listed' | 'failed';

/** Why the sender is trusted. `token`: Gangway has taken one of the chain's tokens. `secret`: the caller sent the webhook secret. */
export type Trust = 'none' | 'token' | 'secret';

/** One run of the chain. Times are milliseconds since the epoch; what is not known yet is `null`. */
export interface ChainRun {
  /** 0 for the run that failed first, n for the n-th re-trigger. */
  attempt: number;
  prowJobId: string;
  buildId: string | null;
  folder: Folder | null;
  url: string | null;
  status: JobStatus | null;
  phase: Phase | null;
  steps: string[];
  reason: string | null;
  signature: string | null;
  /** The first line of what the failure said, of 200 characters at most. */
  message: string | null;
  /** At most 20, each with at most 300 characters; empty: none was found or searched for. */
  knownFailures: KnownFailure[];
  startedAt: number | null;
  finishedAt: number | null;
  /** When we learned of it; its end is waited for from then on. */
  openedAt: number;
  /** When we first saw that it had ended; artifacts that are missing then get a short grace. */
  endSeenAt: number | null;
  /** How often Gangway was asked after it because its end did not show in the bucket for long. */
  lateLooks: number;
  /** Looks in a row at which a bucket refused to be read, as far as they are counted. */
  deniedLooks: number;
  /** How often Gangway was asked where it lies because the bucket did not tell. */
  placeLooks: number;
  /** How many of the Gangway calls that this retry may cost are spent (DESIGN.md, The flow, 2). */
  gangwayCalls: number;
}

/** The note that an attempt is about to be created, written before anything is sent. */
export interface Intent {
  attempt: number;
  writtenAt: number;
  /** When it was known that the answer would not come; `null` while it may, or where the process died meanwhile. */
  lostAt: number | null;
  /** POSTs that may have been sent for this attempt. */
  sent: number;
  /** Times that Gangway's list was asked whether it exists. */
  lists: number;
  /** How many of those lists showed that it does not. */
  clean: number;
  gangwayCalls: number;
}

/** Where a run lies, as somebody says: only its `prowjob.json` there proves it. */
export interface ReportedLocation {
  jobName: string;
  buildId: string;
}

/** Whom and what people are shown beside a rule's name, and where. */
export interface Ruling {
  owner: string | null;
  issue: string | null;
  /** Where its chains are told, in place of the settings' channel. */
  channel: string | null;
}

/** The chain's next attempt is part of an outage: it waits for the canary, or is the canary itself. */
export interface Hold {
  /** What the failures have in common. */
  key: string;
  since: number;
  until: number;
  /** When the attempt would have been due. */
  dueAt: number;
  /** The chain that goes first, and which of its attempts does. */
  canary: { id: string; attempt: number };
  /** Those who hear of the chain know of the hold. */
  told: boolean;
}

export type Topic =
  | 'scheduled'
  | 'held'
  | 'outage-lasted'
  | 'delayed'
  | 'triggered'
  | 'passed'
  | 'failed-again'
  | 'not-retried'
  | 'cancelled'
  | 'demanded'
  | 'muted'
  | 'verified'
  | 'rejected'
  | 'needs-human';

/** A report on its way to people; it stays in the chain until it is delivered. */
export interface OutgoingReport {
  topic: Topic;
  /** The attempt that it speaks of. */
  attempt: number;
  at: number;
  decision: Decision | null;
  /** What went wrong, or who did what; of `verified`: title and lines of the message. */
  detail: string | null;
  /** For `scheduled`: when the attempt is due. */
  dueAt: number | null;
  /** Whom it has not reached yet. */
  to: Recipient[];
}

export interface Recipient {
  /** Of an address among the chain's credentials, or the thread under its card. */
  mark: Fingerprint;
  tries: number;
  nextTryAt: number;
}

/**
 * A failed run and the attempts that descend from it: the unit of state. The chain, the time of its next task
 * and its outgoing reports are one document, so that they change in one atomic write.
 */
export interface Chain {
  id: string;
  /** Of the first run, as the notification or a proven claim says. */
  jobName: string;
  state: ChainState;
  createdAt: number;
  updatedAt: number;
  closedAt: number | null;
  /** The first run's `prow_job_id`; from the run's labels where the chain began before our memory does. */
  root: string;
  /** Oldest first. */
  runs: ChainRun[];
  /** What else retries or counts the first run; an attempt's own ProwJob may no longer show it. */
  managedBy: Manager | null;
  type: JobType | null;
  refs: Refs | null;
  decision: Decision | null;
  /** Of an ended chain: the attempt may exist all the same. */
  intent: Intent | null;
  /** What the first run was started with; every attempt carries it. */
  overrides: KeptOverrides;
  /** The rule's variables for the attempts to come; they win over `overrides`. */
  envs: Record<string, string>;
  hold: Hold | null;
  /** A person asked for the next attempt: it is made whatever silences, budgets and newer runs say. */
  demanded: boolean;
  /** The highest attempt for which anything may have been sent; a number is never used for two runs. */
  attempted: number;
  /** The last attempt of which people were told that Gangway does not take it; 0: of none. */
  delayTold: number;
  /** The addresses that heard that Gangway refused the next attempt. */
  rejectedTold: Fingerprint[];
  /**
   * When Gangway first refused the last token of a chain that is not for our channels (ms since the epoch); `null`: never.
   * The chain is then counted once in the summary of such refusals.
   */
  refusedAt: number | null;
  /** When the state's task is due next; `null` for a closed chain. The state says which task. */
  wakeAt: number | null;
  /** Times in a row that the task could not be done. */
  tries: number;
  outbox: OutgoingReport[];
  /** The chain's one message in a channel; `null`: it is told at addresses only. */
  card: CardState | null;
  /** Somebody silenced the job from this chain's card; in force until then (ms since the epoch). */
  muted: { until: number } | null;
  /** What the last rule that decided says of itself. */
  ruling: Ruling | null;
  credentials: Credentials;
  /** What the bucket shows of the first run. */
  proof: Proof;
  trust: Trust;
  /** The deployment was verified for it; only chains of the job for that are ever verified. */
  isVerified: boolean;
  /** What other notifications say of where the first run lies; `null` once that is proven. */
  claims: ReportedLocation[] | null;
  /** What the chain ended for want of: a later notification that brings it opens the chain again. */
  lacks: 'token' | 'place' | null;
  /** Times that a notification opened the ended chain again. */
  reopened: number;
}

export function isOpen(chain: Chain): boolean {
  return chain.closedAt === null;
}

/** The run that the chain is about now: the failed one, or the newest attempt. */
export function currentRun(chain: Chain): ChainRun {
  const run = chain.runs.at(-1);
  if (run === undefined) throw new Error(`chain ${chain.id} has no run`);
  return run;
}
