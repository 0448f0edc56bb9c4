import { type Chain, currentRun } from '../chain/chain.ts';
import { moveOn, postpone } from '../chain/move-chain.ts';
import { patchRun } from '../chain/record-end.ts';
import { changeTask } from './change-task.ts';
import type { Flow } from './flow.ts';

/** In poll intervals: an interrupt uploads twice, so what is missing may come within a minute (PROW.md, 5). */
const graceForAbsent = 2;
/** In poll intervals: what the bucket could not give this time, it may give later. */
const graceForUnavailable = 120;

/** Whether what is missing may still be waited for, since the run's end was first seen. */
export function hasGrace(flow: Flow, chain: Chain, missing: 'absent' | 'unavailable'): boolean {
  const now = flow.clock.now();
  const since = currentRun(chain).endSeenAt ?? now;
  const polls = missing === 'absent' ? graceForAbsent : graceForUnavailable;
  return now < since + polls * flow.settings.pollMs;
}

/** The run has ended, and what it left behind is not all there yet. */
export async function awaitEvidence(flow: Flow, chain: Chain): Promise<void> {
  const { prowJobId, endSeenAt } = currentRun(chain);
  const now = flow.clock.now();
  const wakeAt = now + flow.settings.pollMs;
  await changeTask(flow, chain, (known) => {
    if (endSeenAt !== null) return postpone(known, wakeAt);
    return moveOn(patchRun(known, prowJobId, { endSeenAt: now }), 'judging', wakeAt, now);
  });
}
