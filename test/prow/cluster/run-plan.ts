/**
 * How a run goes. `infra` never reaches ci-operator's graph; `error` is a run that Prow could not start, `lost` one
 * whose pod was deleted during pre; with `fail-clone` Prow could not clone the source, so ci-operator never started.
 */
export type Outcome =
  | 'pass'
  | 'fail-pre'
  | 'fail-test'
  | 'fail-post'
  | 'fail-lease'
  | 'fail-import'
  | 'fail-build'
  | 'fail-claim'
  | 'infra'
  | 'error'
  | 'lost'
  | 'fail-clone'
  | 'aborted';

/** How long each stage of a run takes, milliseconds. */
export interface StageDurations {
  scheduling: number;
  triggered: number;
  /** From the pod's start to the first step: inputs, release import, lease. */
  setup: number;
  pre: number;
  test: number;
  post: number;
  /** From the last step to `finished.json`; the artifacts are up at half of it. */
  upload: number;
  /** From `finished.json` to the ProwJob's terminal state. */
  report: number;
}

export interface RunPlan {
  outcome: Outcome;
  /** The failing step without the test's name; several fail together. */
  step?: string | string[];
  /** What the failing container (or ci-operator itself) printed; several lines are fine, ANSI too. */
  message?: string;
  /** Whether post fails too; by default it does after a failed pre, as in 4 of 5 real cases. */
  postFails?: boolean;
  /** ci-operator's reason chain; `null`: no report credentials, so no reason line. */
  reason?: string | null;
  durations?: Partial<StageDurations>;
  /** `lateBy` (ms): uploaded that long after `finished.json`, as an interrupt's second upload is. */
  junit?: 'present' | 'missing' | { lateBy: number };
  buildLog?: 'present' | 'missing';
  /** `finished.json`; `empty`: an object of 0 bytes. */
  finished?: 'present' | 'missing' | 'empty';
  /** Prow's words for the final state; by default those that it has for that state. */
  description?: string;
  /** Pads `build-log.txt` in its middle to at least so many bytes. */
  buildLogBytes?: number;
  /** An observer's container fails although no phase does. */
  failingObserver?: boolean;
  /** What the CI's people know of the failure: each label is attached so many ms after `finished.json`. */
  knownFailures?: { label: string; summary: string; lateBy: number }[];
  /** Whether the `job-re-trigger` step runs; by default whenever post runs after a failure. */
  reTriggerStep?: boolean;
  /** The first pod is lost so many ms after it started; the ProwJob goes on with a new build id. */
  evictAfter?: number;
  /** Another bucket of the stand-in than the first; it must be among `otherBuckets`. */
  bucket?: string;
}

const minute = 60_000;

export const defaultDurations: StageDurations = {
  scheduling: 2_000,
  triggered: 10_000,
  setup: 3 * minute,
  pre: 40 * minute,
  test: 60 * minute,
  post: 15 * minute,
  upload: 20_000,
  report: 5_000,
};

/** The failing steps of the plan's phase, or the ones that usually fail there. */
export function failingSteps(plan: RunPlan): string[] {
  if (plan.step !== undefined) return typeof plan.step === 'string' ? [plan.step] : plan.step;
  if (plan.outcome === 'fail-pre') return ['ipi-install-install'];
  if (plan.outcome === 'fail-post') return ['ipi-deprovision-deprovision'];
  return ['openshift-e2e-test'];
}
