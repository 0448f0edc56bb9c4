import type { JobStatus } from '../../../src/job/status.ts';
import { emptyContext } from '../../../src/rules/decide/context.ts';
import type { ReplayCase } from '../../../src/rules/tools/replay-case.ts';
import { failedRun } from '../matchers/failed-run.ts';

/** A past failure for a replay; `nextStatus`: how the job's next run ended. */
export function makeReplayCase(nextStatus: JobStatus | null = null): ReplayCase {
  return {
    buildId: '1',
    url: '',
    at: 0,
    run: failedRun(),
    facts: emptyContext,
    root: null,
    newerRunAt: null,
    nextStatus,
  };
}
