import { type Chain, currentRun } from '../../chain/chain.ts';
import { move, postpone } from '../../chain/move.ts';
import { applySighting, type Sighting } from '../../chain/proof.ts';
import { patchRun } from '../../chain/record-end.ts';
import { changeTask } from '../state/change-task.ts';
import type { Flow } from '../flow.ts';

/** In poll intervals: an interrupt uploads twice, so what is missing may come within a minute (PROW.md, 5). */
const graceForAbsent = 2;
/** In poll intervals: a function of the CI writes labels a minute or two after the run's files (PROW.md, 3). */
const graceForLabels = 4;
/** In poll intervals: what the bucket could not give this time, it may give later. */
const graceForUnavailable = 120;

const graces = { absent: graceForAbsent, unavailable: graceForUnavailable, labels: graceForLabels };

/** Whether what is missing may still be waited for, since the run's end was first seen. */
export function hasGrace(flow: Flow, chain: Chain, missing: keyof typeof graces): boolean {
  const now = flow.clock.now();
  const since = currentRun(chain).endSeenAt ?? now;
  return now < since + graces[missing] * flow.settings.pollMs;
}

/** The run has ended, and what it left behind is not all there yet. */
export async function waitForEvidence(flow: Flow, chain: Chain, seen: Sighting): Promise<void> {
  const { prowJobId, endSeenAt } = currentRun(chain);
  const now = flow.clock.now();
  const wakeAt = now + flow.settings.pollMs;
  await changeTask(flow, chain, (known) => {
    const noted = applySighting(known, seen);
    if (endSeenAt !== null) return postpone(noted, wakeAt);
    const seenAt = patchRun(noted, prowJobId, { endSeenAt: now });
    return move(seenAt, 'ended', { state: 'judging', wakeAt }, now);
  });
}
