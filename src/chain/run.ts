import type { Phase } from '../evidence/phase.ts';
import type { KnownFailure } from '../evidence/artifacts/known-failures.ts';
import type { Folder } from '../job/run.ts';
import type { JobStatus } from '../job/status.ts';

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

/** A run of which we have just learned. */
export function openRun(prowJobId: string, buildId: string | null, attempt: number, now: number): ChainRun {
  return {
    attempt,
    prowJobId,
    buildId,
    folder: null,
    url: null,
    status: null,
    phase: null,
    steps: [],
    reason: null,
    signature: null,
    message: null,
    knownFailures: [],
    startedAt: null,
    finishedAt: null,
    openedAt: now,
    endSeenAt: null,
    lateLooks: 0,
    deniedLooks: 0,
    placeLooks: 0,
    gangwayCalls: 0,
  };
}
