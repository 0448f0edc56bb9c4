import { retryDelay } from '../../notice/card-state.ts';
import type { Chain, OutgoingReport, RecipientId } from '../../chain/chain.ts';
import {
  delayDelivery,
  type Delivery,
  endDelivery,
  includesRecipient,
  nextDelivery,
  thread,
} from '../../chain/outbox.ts';
import type { Secret } from '../../secret.ts';
import { composeMessage } from '../../report/chain/compose-message.ts';
import type { Message } from '../../report/message.ts';
import type { Flow } from '../flow.ts';
import { knowsAddress, pickAddress } from './recipients.ts';
import type { DeliveryOutcome } from '../../report/reporter.ts';

/**
 * Delivers the report that is due first to one address, at least once: the address leaves the report only after it
 * arrived there. An address that does not answer delays its own reports only.
 */
export async function deliverReport(flow: Flow, chain: Chain): Promise<void> {
  const next = nextDelivery(chain);
  if (next !== null) await attempt(flow, chain, next);
}

async function attempt(flow: Flow, chain: Chain, next: Delivery): Promise<void> {
  const { report, recipient } = next;
  const message = composeMessage(chain, report, flow.settings.prowUrl);
  const address = pickAddress(flow, chain, recipient.id, message.audience);
  if (address === null) {
    logUnsent(flow, chain, next, message);
    return recordDelivery(flow, chain, next, [recipient.id], { kind: 'delivered' });
  }
  const outcome = await flow.reporter.deliver(message, address);
  await recordDelivery(flow, chain, next, whoShare(flow, chain, next, message, address), outcome);
}

/** A report that needs a person and reaches none is a reason to check the settings. */
function logUnsent(
  { log, publisher }: Flow,
  chain: Chain,
  { report, recipient }: Delivery,
  message: Message,
): void {
  const { audience, title } = message;
  const ids = { chain: chain.id, job: chain.jobName, topic: report.topic, title };
  const isOnCard = includesRecipient(idsOf(report), thread) || chain.card?.place != null;
  if (publisher !== null && isOnCard) log.debug(ids, 'report goes to the card alone');
  else if (!knowsAddress(chain, recipient.id)) log.warn(ids, 'address of a report is forgotten');
  else if (audience === 'errors') log.warn(ids, 'report that needs a person has no address');
  else log.info(ids, 'report has no address');
}

/** Two notifications may bring the same address for this audience: it gets the report once. */
function whoShare(
  flow: Flow,
  chain: Chain,
  { report }: Delivery,
  { audience }: Message,
  address: Secret,
): RecipientId[] {
  return idsOf(report).filter((id) => pickAddress(flow, chain, id, audience)?.reveal() === address.reveal());
}

function idsOf({ to }: OutgoingReport): RecipientId[] {
  return to.map(({ id }) => id);
}

/** Records the delivery of a report to the recipients in `ids`: it reached them, is given up, or is sent again later. */
export async function recordDelivery(
  flow: Pick<Flow, 'store' | 'clock' | 'log'>,
  { id, jobName }: Pick<Chain, 'id' | 'jobName'>,
  next: Delivery,
  ids: readonly RecipientId[],
  outcome: DeliveryOutcome,
): Promise<void> {
  const { report, recipient } = next;
  const now = flow.clock.now();
  const waitMs = outcome.kind === 'delivered' ? null : retryDelay(outcome, report.at, recipient.tries, now);
  if (outcome.kind !== 'delivered') {
    const line = { chain: id, job: jobName, topic: report.topic, why: outcome.why };
    if (waitMs === null) flow.log.error(line, 'report could not be delivered');
    else flow.log.warn(line, 'report is delayed');
  }
  await flow.store.update(id, (known) =>
    waitMs === null ? endDelivery(known, next, ids) : delayDelivery(known, next, ids, now + waitMs),
  );
}
