import type { Refs, JobType } from '../job/type.ts';
import type { JobStatus } from '../job/status.ts';
import type { Secret } from '../secret.ts';

/** What Prow is asked to run. `refs` is what a periodic must not have and every other type must (PROW.md, 1). */
export interface ExecutionRequest {
  jobName: string;
  type: Exclude<JobType, 'batch'>;
  refs: Refs | null;
  labels: Record<string, string>;
  annotations: Record<string, string>;
  /** For ci-operator, which reads `RELEASE_IMAGE_*` and `OVERRIDE_IMAGE_*`. Steps see none of them (PROW.md, 1). */
  envs: Record<string, string>;
}

/** The token or the request is at fault: no other try with the same can help, and nothing was created. */
export interface Refusal {
  kind: 'refused';
  cause: 'token' | 'tenant' | 'request' | 'unknown-job';
  /** Prow's own words, or ours if it gave none. */
  says: string;
}

/** `retryAfterMs`: how long the other side asks us to wait; `null`: it does not say. */
export interface NotNow {
  says: string;
  retryAfterMs: number | null;
}

/** After faults in a row the other side is left alone for `retryAfterMs`: nothing was sent, nor about to be. */
export interface HeldBack {
  kind: 'held-back';
  says: string;
  retryAfterMs: number;
}

/** The caller of `create` called it off right before it was sent. */
interface CalledOff {
  kind: 'called-off';
}

export type Creation = Answered | HeldBack | CalledOff;

/** What became of a request for a run that was sent, or about to be. */
export type Answered =
  | { kind: 'created'; prowJobId: string }
  | Refusal
  /** Certainly nothing was created; another try can help. */
  | ({ kind: 'not-created' } & NotNow)
  /** The answer never came or says nothing: the run may exist. */
  | { kind: 'unclear'; says: string };

export type Lookup =
  | { kind: 'found'; status: JobStatus; jobUrl: string | null; jobName: string | null }
  /** Prow has no such run, or collected it some 24 h after its start. */
  | { kind: 'gone' }
  | Refusal
  | HeldBack
  | ({ kind: 'unavailable' } & NotNow);

export interface Execution {
  prowJobId: string;
  status: JobStatus;
}

export type Listing =
  /** An empty list proves nothing (PROW.md, 1). */
  { kind: 'found'; executions: Execution[] } | Refusal | HeldBack | ({ kind: 'unavailable' } & NotNow);

/** The caller; each has a fair share of Prow's rate. */
export interface Caller {
  token: Secret;
  /** Gangway has taken this token before, or it is the service's own. */
  isKnown: boolean;
  /** A person waits for this call. */
  isDemanded?: boolean;
  /** The call only shows whether the token works, so it can wait. */
  isVerification?: boolean;
}

/** Prow's way to start a run and to ask after it. */
export interface ExecutionApi {
  /**
   * Starts a run, with at most one POST that can create it. `beforeSend` is awaited when the call's turn under the
   * rate limit has come, right before it is sent; if it gives `false`, nothing is sent. It is not called for what is held
   * back. If it throws, nothing is sent and the error passes through.
   */
  create(request: ExecutionRequest, caller: Caller, beforeSend: () => Promise<boolean>): Promise<Creation>;
  get(prowJobId: string, caller: Caller): Promise<Lookup>;
  list(jobName: string, caller: Caller): Promise<Listing>;
}

/** What one retry may cost of a rate that all of Gangway's clients share. */
export const maxGangwayCalls = 5;
