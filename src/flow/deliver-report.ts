import type { Chain } from '../chain/chain.ts';
import { delayDelivery, type Delivery, endDelivery, nextDelivery } from '../chain/outbox.ts';
import type { Mark } from '../chain/seal.ts';
import { composeMessage } from '../report/compose-message.ts';
import type { Message } from '../report/message.ts';
import type { Secret } from '../secret.ts';
import { backOff } from './backoff.ts';
import type { Flow } from './flow.ts';
import { knowsAddress, pickAddress } from './pick-address.ts';

const firstWaitMs = 5_000;
/** Slack was away for longer than anybody waits for news. */
const longestDelayMs = 24 * 60 * 60_000;

/**
 * Delivers the report that is due first to one address: at least once, because the address leaves the report only after
 * it arrived there. A channel that is down delays what goes there, and nothing else.
 */
export async function deliverReport(flow: Flow, chain: Chain): Promise<void> {
  const next = nextDelivery(chain);
  if (next !== null) await attempt(flow, chain, next);
}

async function attempt(flow: Flow, chain: Chain, next: Delivery): Promise<void> {
  const { report, recipient } = next;
  const message = composeMessage(chain, report, flow.settings.prowUrl);
  const address = pickAddress(flow, chain, recipient.mark, message.audience);
  const ids = { chain: chain.id, job: chain.jobName, topic: report.topic };
  if (address === null) {
    logUnsent(flow, chain, next, message);
    return end([recipient.mark]);
  }
  const delivery = await flow.reporter.deliver(message, address);
  const now = flow.clock.now();
  const served = whoShare(flow, chain, next, message, address);
  if (delivery.kind === 'delivered') return end(served);
  if (delivery.kind === 'never' || now - report.at > longestDelayMs) {
    flow.log.error({ ...ids, why: delivery.why }, 'report could not be delivered');
    return end(served);
  }
  flow.log.warn({ ...ids, why: delivery.why }, 'report is delayed');
  const waitMs = Math.max(backOff(firstWaitMs, recipient.tries), delivery.retryAfterMs ?? 0);
  await flow.store.update(chain.id, (known) => delayDelivery(known, next, served, now + waitMs));

  async function end(marks: readonly Mark[]): Promise<void> {
    await flow.store.update(chain.id, (known) => endDelivery(known, next, marks));
  }
}

/** What needs a person and reaches none is worth a look at the settings. */
function logUnsent({ log }: Flow, chain: Chain, { report, recipient }: Delivery, message: Message): void {
  const { audience, title } = message;
  const ids = { chain: chain.id, job: chain.jobName, topic: report.topic, title };
  if (!knowsAddress(chain, recipient.mark)) log.warn(ids, 'address of a report is forgotten');
  else if (audience === 'errors') log.warn(ids, 'report that needs a person has no address');
  else log.info(ids, 'report has no address');
}

/** Two notifications may bring the same address for this audience: it hears once. */
function whoShare(
  flow: Flow,
  chain: Chain,
  { report }: Delivery,
  { audience }: Message,
  address: Secret,
): Mark[] {
  const marks = report.to.map(({ mark }) => mark);
  return marks.filter((mark) => pickAddress(flow, chain, mark, audience)?.reveal() === address.reveal());
}
