import type { Chain, OutgoingReport } from '../chain/chain.ts';
import { delayReport, dropReport } from '../chain/move-chain.ts';
import { composeMessage } from '../report/compose-message.ts';
import type { Message } from '../report/message.ts';
import type { Secret } from '../secret.ts';
import { backOff } from './backoff.ts';
import type { Flow } from './flow.ts';

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
  const message = composeMessage(chain, report);
  const address = pickAddress(flow, chain, message);
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

/** What needs a person must reach one: without an errors address it goes where the rest goes. */
function pickAddress({ seal, settings }: Flow, { credentials }: Chain, { audience }: Message): Secret | null {
  const people = open(credentials.slack) ?? settings.slackWebhook;
  if (audience === 'people') return people;
  return open(credentials.slackErrors) ?? settings.slackErrorsWebhook ?? people;

  function open(sealed: string | null): Secret | null {
    return sealed === null ? null : seal.open(sealed);
  }
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
