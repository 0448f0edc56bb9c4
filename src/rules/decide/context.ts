import type { PastRun } from '../../history/past-runs.ts';
import type { OutageMatch } from './outage.ts';
import type { Silence } from './silence.ts';

/** What a rule may ask for beside the run itself. */
export interface DecisionContext {
  /** The job's finished runs before this one, newest first; `null` where they could not be read. */
  pastRuns: readonly PastRun[] | null;
  /** The signatures of the earlier runs of the same chain. */
  earlierSignatures: readonly string[];
  /** When the newest attempt of the job was made, or will be; `null`: none is known. In ms since the epoch. */
  lastAttemptAt: number | null;
  /** The silence that mutes the job now. */
  silence: Silence | null;
  /** The outage of which this failure is a part. */
  outage: OutageMatch | null;
}

/** A run about which nothing else is known. */
export const emptyContext: DecisionContext = {
  pastRuns: [],
  earlierSignatures: [],
  lastAttemptAt: null,
  silence: null,
  outage: null,
};

/** Time and chance, which are arguments everywhere. */
export interface DecisionInputs {
  /** Milliseconds since the epoch. */
  now: number;
  /** From 0 up to but not 1. */
  random: () => number;
}
