import type { Refs } from '../../../src/job/type.ts';
import type { JobDefinition } from './job-definition.ts';
import type { RunPlan } from './run-plan.ts';

export type ProwJobState =
  | 'scheduling'
  | 'triggered'
  | 'pending'
  | 'success'
  | 'failure'
  | 'aborted'
  | 'error';

/** One ProwJob as the stand-in holds it; times are ms since the epoch. */
export interface ProwRun {
  readonly job: JobDefinition;
  readonly jobName: string;
  readonly plan: RunPlan;
  readonly prowJobId: string;
  readonly refs: Refs | null;
  readonly labels: Record<string, string>;
  readonly annotations: Record<string, string>;
  readonly envs: Record<string, string>;
  readonly args: readonly string[];
  readonly createdBy: 'gangway' | 'prow';
  /** Empty until the run is pending. */
  buildId: string;
  /** Every build id it has had: a second one after an eviction. */
  readonly buildIds: string[];
  state: ProwJobState;
  readonly createdAt: number;
  pendingAt: number | null;
  completedAt: number | null;
  /** The name of the bucket that its artifacts are uploaded to. */
  readonly bucketName: string;
  /** Where its artifacts lie in that bucket; `null` until the run is pending. */
  folder: string | null;
  /** Deck's page of it; empty until the run is pending. */
  url: string;
  /** Sinker has deleted the ProwJob: Gangway knows it no more, the bucket still does. */
  collected: boolean;
}

export function hasEnded(run: ProwRun): boolean {
  return run.completedAt !== null;
}
