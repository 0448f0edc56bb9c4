import type { Refs, JobType } from '../job/type.ts';
import type { JobStatus } from '../job/status.ts';
import type { Gap } from './gap.ts';
import type { Phase } from './phase.ts';
import type { KnownFailure } from './artifacts/known-failures.ts';
import { type Overrides, noOverrides } from './artifacts/overrides.ts';

/** What a finished run left behind. What no artifact shows is `null` or empty, never guessed. */
export interface Evidence {
  status: JobStatus;
  /** Prow's words for the ProwJob's state, on one line: `Pod scheduling timeout.` */
  description: string | null;
  /** Milliseconds since the epoch. */
  startedAt: number | null;
  finishedAt: number | null;
  type: JobType | null;
  refs: Refs | null;
  labels: Record<string, string>;
  annotations: Record<string, string>;
  /** The ProwJob's name as `prowjob.json` has it. */
  prowJobId: string | null;
  /** What the run was started with beyond its job's configuration. The values must not be shown to anyone. */
  overrides: Overrides;
  /** The job that it says it is of. */
  jobName: string | null;
  phase: Phase | null;
  /** The steps that failed the phase, without the test's name: `ipi-install-install`. */
  steps: string[];
  /** ci-operator's reason chain: `executing_graph:step_failed:executing_multi_stage_test`. */
  reason: string | null;
  /** What the failed cases said: plain text, the first of them the one that names the phase. */
  messages: string[];
  /** The end of `build-log.txt` as plain text. */
  logTail: string | null;
  /** A fingerprint of the failure that stays the same over ids, digits and times. */
  signature: string | null;
  /**
   * The known failures that the people who run the CI found in the run, each label once, in order. `null`: they were
   * not read, or there is none yet, because labels come minutes after the end of the run (PROW.md, 3).
   */
  knownFailures: KnownFailure[] | null;
  /** The artifacts that were missing, late, too large or broken. */
  gaps: Gap[];
}

/** The evidence of a run of which only the end is known. */
export function emptyEvidence(status: JobStatus, prowJobId: string): Evidence {
  return {
    status,
    description: null,
    startedAt: null,
    finishedAt: null,
    type: null,
    refs: null,
    labels: {},
    annotations: {},
    prowJobId,
    overrides: noOverrides,
    jobName: null,
    phase: null,
    steps: [],
    reason: null,
    messages: [],
    logTail: null,
    signature: null,
    knownFailures: null,
    gaps: [],
  };
}
