import { type Chain, currentRun, type Hold, holdOf } from '../../chain/chain.ts';
import { listChains } from '../../chain/chain-store.ts';
import type { Evidence } from '../../evidence/evidence.ts';
import { findOutage, type OutageMatch } from '../../rules/decide/outage.ts';
import { keysOf } from '../../chain/hold.ts';
import type { Flow } from '../flow.ts';

/** What is known of an outage when a failure is judged. */
interface DetectedOutage {
  match: OutageMatch | null;
  /** The hold that the failure's chain joins, its attempt being due at `due` (ms since the epoch). */
  holdFor: (due: number) => Hold | null;
}

const noOutage: DetectedOutage = { match: null, holdFor: () => null };

/** Whether a failure is part of an outage: of one that holds attempts already, or of one that it completes. */
export async function detectOutage(flow: Flow, chain: Chain, evidence: Evidence): Promise<DetectedOutage> {
  const { outage: settings } = flow.rules();
  const { steps, signature, finishedAt, status } = evidence;
  if (settings === null || status === 'SUCCESS') return noOutage;
  const failure = { jobName: chain.jobName, steps, signature, at: finishedAt ?? currentRun(chain).openedAt };
  const running = await findHold(flow, keysOf(failure));
  const found = findOutage(settings, failure, flow.failures.list());
  const match =
    running === null
      ? found
      : { key: running.key, jobs: found?.jobs ?? settings.same_step_jobs, holdMs: settings.hold };
  if (match === null) return noOutage;
  const since = flow.clock.now();
  const fresh = { key: match.key, since, until: since + match.holdMs, canary: null };
  return { match, holdFor: (due) => ({ ...(running ?? fresh), dueAt: due, announced: false }) };
}

/** The hold of an outage with one of these keys that lasts: its canary is on its way, or others wait for it. */
async function findHold({ store }: Flow, keys: readonly string[]): Promise<Hold | null> {
  for (const outageKey of keys) {
    for await (const chain of listChains(store, { outageKey })) {
      const hold = holdOf(chain);
      if (hold?.key === outageKey) return hold;
    }
  }
  return null;
}
