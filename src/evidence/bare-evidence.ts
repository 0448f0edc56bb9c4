import type { Evidence } from './evidence.ts';
import type { JobStatus } from '../job/status.ts';
import { noOverrides } from './artifacts/overrides.ts';

/** The evidence of a run of which nothing is known but how it ended. */
export function bareEvidence(status: JobStatus, prowJobId: string, gap: string): Evidence {
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
    gaps: [gap],
  };
}
