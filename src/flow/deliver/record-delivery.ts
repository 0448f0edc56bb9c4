import type { Chain } from '../../chain/chain.ts';
import { delayDelivery, type Delivery, endDelivery } from '../../chain/outbox.ts';
import type { Mark } from '../../chain/seal.ts';
import type { Written } from '../../report/channel-publisher.ts';
import type { Delivery as Outcome } from '../../report/reporter.ts';
import { backOff } from '../../time/backoff.ts';
import type { Flow } from '../flow.ts';

const firstWaitMs = 5_000;
/** Slack was away for longer than anybody waits for news. */
const longestDelayMs = 24 * 60 * 60_000;

type Fault = Exclude<Outcome, { kind: 'delivered' }> | Extract<Written, { kind: 'later' | 'never' }>;

/** The service itself may have been away for the day. */
const fewestTries = 10;

/** Milliseconds until the next try of what was first to be told at `since`; `null`: it is given up. */
export function waitsFor(fault: Fault, since: number, tries: number, now: number): number | null {
  if (fault.kind === 'never' || (now - since > longestDelayMs && tries >= fewestTries)) return null;
  return Math.max(backOff(firstWaitMs, tries), fault.retryAfterMs ?? 0);
}

/** Writes down what came of a report's way to those that `marks` name: it reached them, never will, or is sent again. */
export async function settleDelivery(
  flow: Pick<Flow, 'store' | 'clock' | 'log'>,
  { id, jobName }: Pick<Chain, 'id' | 'jobName'>,
  next: Delivery,
  marks: readonly Mark[],
  outcome: Outcome,
): Promise<void> {
  const { report, recipient } = next;
  const now = flow.clock.now();
  const waitMs = outcome.kind === 'delivered' ? null : waitsFor(outcome, report.at, recipient.tries, now);
  if (outcome.kind !== 'delivered') {
    const line = { chain: id, job: jobName, topic: report.topic, why: outcome.why };
    if (waitMs === null) flow.log.error(line, 'report could not be delivered');
    else flow.log.warn(line, 'report is delayed');
  }
  await flow.store.update(id, (known) =>
    waitMs === null ? endDelivery(known, next, marks) : delayDelivery(known, next, marks, now + waitMs),
  );
}
