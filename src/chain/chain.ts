import type { Manager } from '../job/managed-by.ts';
import type { Refs, JobType } from '../job/type.ts';
import type { Credentials } from './credentials.ts';
import type { Decision, Reason } from './decision.ts';
import type { ChainRun } from './run.ts';
import type { KeptOverrides } from './overrides.ts';
import type { CardState } from '../notice/card-state.ts';
import type { Fingerprint } from '../secret.ts';
import type { ClosedState, TransitionName } from './transitions.ts';

/**
 * What the bucket shows of a chain's first run. `none`: no `prowjob.json` names the run yet. `listed`: one names it and its
 * job. `failed`: and the run has failed.
 */
export type Proof = 'none' | 'listed' | 'failed';

/** Why the sender is trusted. `token`: Gangway has taken one of the chain's tokens. `secret`: the caller sent the webhook secret. */
export type Trust = 'none' | 'token' | 'secret';

/** The note that an attempt is about to be created, written before anything is sent. Times are ms since the epoch. */
export interface Intent {
  attempt: number;
  writtenAt: number;
  /** When we learned that the answer will not come; `null`: it may still come, or the process died. */
  lostAt: number | null;
  /** POSTs that may have been sent for this attempt. */
  postsSent: number;
  /** How often Gangway was asked for its list, to find out whether the attempt exists. */
  listCalls: number;
  /** How many of these lists show that it does not exist. */
  cleanLists: number;
  gangwayCalls: number;
}

/** Where a run lies according to a notification. Only the `prowjob.json` there proves it. */
export interface ReportedLocation {
  jobName: string;
  buildId: string;
}

/** What the rule that decided says of itself. */
export interface RuleInfo {
  owner: string | null;
  issue: string | null;
  /** Where messages about its chains go instead of the channel of the settings. */
  channel: string | null;
}

/** An attempt that goes ahead while others wait for its result. */
interface Canary {
  id: string;
  attempt: number;
}

/** An outage holds the chain's next attempt. Times are ms since the epoch. */
export interface Hold {
  /** What the failures have in common. */
  key: string;
  since: number;
  until: number;
  /** When the attempt would have been due. */
  dueAt: number;
  /** `null`: none was chosen yet. */
  canary: Canary | null;
  /** People have heard of the hold. */
  announced: boolean;
}

/** The hold of an outage whose canary is known. */
export type CanaryHold = Hold & { canary: Canary };

/** What a report says. It keeps all that its words need, because the chain may have changed when it is delivered. */
export type News =
  /** `dueAt`: when the attempt is due, in ms since the epoch. */
  | { topic: 'scheduled'; dueAt: number }
  | { topic: 'held' | 'delayed' | 'muted' | 'rejected' | 'needs-human'; reason: Reason }
  | { topic: 'outage-lasted'; jobs: string[] }
  /** `by`: who asked for the attempt. */
  | { topic: 'demanded'; by: string }
  | { topic: 'verified'; title: string; lines: string[] }
  | { topic: 'triggered' | 'passed' | 'failed-again' | 'not-retried' | 'cancelled' };

export type Topic = News['topic'];

/** A report on its way to people; it stays in the chain until it is delivered. */
export type OutgoingReport = News & {
  /** The attempt that it is about. */
  attempt: number;
  /** Milliseconds since the epoch. */
  at: number;
  decision: Decision | null;
  /** Whom it has not reached yet. */
  to: Recipient[];
};

/** Whom a report is for. `default`: the addresses of the settings. `thread`: the thread under the chain's card. */
export type RecipientId =
  | { kind: 'address'; fingerprint: Fingerprint }
  | { kind: 'default' }
  | { kind: 'thread' };

/** Somebody whom a report has not reached yet. */
export interface Recipient {
  id: RecipientId;
  tries: number;
  nextTryAt: number;
}

export type EventName = 'opened' | 'silenced' | TransitionName;

/** One turn in the life of a chain. */
export interface ChainEvent {
  /** Milliseconds since the epoch. */
  at: number;
  what: EventName;
  /** The rule or the person that caused it; `null`: the service itself. */
  by: string | null;
  detail: Reason | null;
}

/** What a chain has in every state. Times are ms since the epoch. */
interface ChainBase {
  id: string;
  /** The job of the first run, as the notification or its proven location says. */
  jobName: string;
  createdAt: number;
  updatedAt: number;
  /** The first run's `prow_job_id`; taken from the run's labels if the chain began before our memory does. */
  root: string;
  /** Oldest first. */
  runs: ChainRun[];
  /** What else retries or counts the first run; an attempt's own ProwJob may no longer show it. */
  managedBy: Manager | null;
  type: JobType | null;
  refs: Refs | null;
  decision: Decision | null;
  /** What the first run was started with; every attempt carries it. */
  overrides: KeptOverrides;
  /** The rule's variables for the attempts to come; they win over `overrides`. */
  envs: Record<string, string>;
  /** The hold for which an attempt of this chain goes ahead as the canary. */
  canaryOf: CanaryHold | null;
  /** The highest attempt for which anything may have been sent; a number is never used for two runs. */
  highestAttempt: number;
  /** The last attempt for which a delay was reported; 0: none. */
  delayReported: number;
  /** Who has heard that Gangway rejected the next attempt. */
  rejectionReportedTo: RecipientId[];
  /**
   * When Gangway first rejected the last token of a chain that is not for our channels; `null`: never. The chain is then
   * counted once in the summary of such rejections.
   */
  refusedAt: number | null;
  /** How many times in a row the task failed. */
  tries: number;
  outbox: OutgoingReport[];
  /** The chain's one message in a channel; `null`: its reports go to addresses only. */
  card: CardState | null;
  /** A person silenced the job from this chain's card until then. */
  silencedUntil: number | null;
  ruleInfo: RuleInfo | null;
  credentials: Credentials;
  /** What the bucket shows of the first run. */
  proof: Proof;
  trust: Trust;
  /** The deployment was verified for this chain; only chains of the verification job are ever verified. */
  isVerified: boolean;
  /** Other locations of the first run that notifications reported; `null`: its location is proven. */
  reportedLocations: ReportedLocation[] | null;
  /** How many times a notification has reopened the chain. */
  reopened: number;
  /** Oldest first; the oldest but the first are dropped beyond a limit. */
  events: ChainEvent[];
}

/** Its task is due at `wakeAt`; the state says which task. */
interface Waking {
  wakeAt: number;
}

/** The current run is checked until it has ended, and is then judged. */
type RunState = ({ state: 'judging' } | { state: 'following' }) & Waking;

/** The next attempt is due at `wakeAt`. */
export type ScheduledState = {
  state: 'scheduled';
  /** A person asked for it: silences, budgets and newer runs do not stop it. */
  manual: boolean;
  /** The note of the same attempt, if it was sent before. */
  intent: Intent | null;
} & Waking;

/** The next attempt waits for the canary of an outage. */
type HeldState = { state: 'held'; hold: Hold; intent: Intent | null } & Waking;

/** The attempt may have been sent. At `wakeAt` it is looked for. */
export type TriggeringState = { state: 'triggering'; manual: boolean; intent: Intent } & Waking;

/** What an ended chain needs to go on: a later notification that brings it reopens the chain. */
export type Missing = 'token' | 'location';

export type EndedState =
  | { state: Exclude<ClosedState, 'rejected' | 'needs-human'>; closedAt: number; missing: Missing | null }
  /** `manual`: the attempt that was not made was asked for by a person, and stays so if the chain goes on. */
  | { state: 'rejected'; closedAt: number; missing: Missing | null; manual: boolean }
  /** `intent`: the attempt may exist all the same. */
  | {
      state: 'needs-human';
      closedAt: number;
      missing: Missing | null;
      manual: boolean;
      intent: Intent | null;
    };

export type ActiveState = RunState | ScheduledState | HeldState | TriggeringState;

/**
 * A failed run and the attempts that descend from it: the unit of state. The chain, the time of its next task and its
 * outgoing reports are one document, so that they change in one atomic write.
 */
export type Chain = ChainBase & (ActiveState | EndedState);
export type OpenChain = Extract<Chain, { wakeAt: number }>;

export function isOpen(chain: Chain): chain is OpenChain {
  return 'wakeAt' in chain;
}

/** When the chain's task is due; `null`: it has ended. */
export function wakeAtOf(chain: Chain): number | null {
  return isOpen(chain) ? chain.wakeAt : null;
}

/** When the chain ended; `null`: it is open. */
export function closedAtOf(chain: Chain): number | null {
  return isOpen(chain) ? null : chain.closedAt;
}

/** The note of an attempt that was sent or may be sent again. */
export function intentOf(chain: Chain): Intent | null {
  return 'intent' in chain ? chain.intent : null;
}

/** Whether a person asked for the attempt that is next, or that could not be made. */
export function isManual(chain: Chain): boolean {
  return 'manual' in chain && chain.manual;
}

/** What an ended chain needs to go on; `null`: it is open, or nothing that a notification can bring. */
export function missingOf(chain: Chain): Missing | null {
  return isOpen(chain) ? null : chain.missing;
}

/** The hold in which the chain waits, or for which it goes ahead. */
export function holdOf(chain: Chain): Hold | null {
  return chain.state === 'held' ? chain.hold : chain.canaryOf;
}

/** The run that the chain is about now: the failed one, or the newest attempt. */
export function currentRun(chain: Chain): ChainRun {
  const run = chain.runs.at(-1);
  if (run === undefined) throw new Error(`chain ${chain.id} has no run`);
  return run;
}
