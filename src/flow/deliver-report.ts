import type { Chain, OutgoingReport } from '../chain/chain.ts';
import { delayReport, dropReport } from '../chain/move-chain.ts';
import { composeMessage } from '../report/compose-message.ts';
import { backOff } from './backoff.ts';
import type { Flow } from './flow.ts';
import { pickAddress } from './pick-address.ts';

const firstWaitMs = 5_000;
/** Slack was away for longer than anybody waits for news. */
const longestDelayMs = 24 * 60 * 60_000;

/**
 * Delivers the chain's oldest report: at least once, because it leaves the chain only after it arrived. A channel
 * that is down delays it and nothing else.
 */
export async function deliverReport(flow: Flow, chain: Chain): Promise<void> {
  const report = chain.outbox[0];
  if (report === undefined) return;
  const message = composeMessage(chain, report, flow.settings.prowUrl);
  const address = pickAddress(flow, chain, message.audience);
  const ids = { chain: chain.id, job: chain.jobName, topic: report.topic };
  if (address === null) {
    flow.log.info({ ...ids, title: message.title }, 'report has no address');
    return change(flow, chain, report, dropReport);
  }
  const delivery = await flow.reporter.deliver(message, address);
  const now = flow.clock.now();
  if (delivery.kind === 'delivered') return change(flow, chain, report, dropReport);
  if (delivery.kind === 'never' || now - report.at > longestDelayMs) {
    flow.log.error({ ...ids, why: delivery.why }, 'report could not be delivered');
    return change(flow, chain, report, dropReport);
  }
  flow.log.warn({ ...ids, why: delivery.why }, 'report is delayed');
  const waitMs = Math.max(backOff(firstWaitMs, report.tries), delivery.retryAfterMs ?? 0);
  await change(flow, chain, report, (known) => delayReport(known, now + waitMs));
}

async function change(
  flow: Flow,
  chain: Chain,
  report: OutgoingReport,
  how: (known: Chain) => Chain,
): Promise<void> {
  await flow.store.update(chain.id, (known) => {
    const oldest = known.outbox[0];
    const isSame = oldest !== undefined && oldest.at === report.at && oldest.topic === report.topic;
    return isSame ? how(known) : known;
  });
}
