import { listensTo, stirCard, threadMark } from './chain-card.ts';
import type { Chain, OutgoingReport, Recipient, Topic } from './chain.ts';
import { defaultAddress } from './credentials.ts';
import { isForOurChannels } from './proof.ts';
import type { Mark } from './seal.ts';

type News = Pick<OutgoingReport, 'topic'> & Partial<Pick<OutgoingReport, 'attempt' | 'detail' | 'dueAt'>>;

/** A report and one whom it has not reached yet. */
export interface Delivery {
  report: OutgoingReport;
  recipient: Recipient;
}

/**
 * The chain with one more report to send, to all its listeners unless `to` names some; without a listener there is no
 * report. Call it before `close`, which forgets addresses that no report waits for.
 */
export function tell(
  chain: Chain,
  news: News,
  now: number,
  to: readonly Mark[] = listenersOf(chain, news.topic),
): Chain {
  if (to.length === 0) return { ...chain, updatedAt: now };
  const report: OutgoingReport = {
    attempt: chain.runs.at(-1)?.attempt ?? 0,
    detail: null,
    dueAt: null,
    ...news,
    at: now,
    decision: chain.decision,
    to: to.map((mark) => ({ mark, tries: 0, nextTryAt: now })),
  };
  const told = { ...chain, outbox: [...chain.outbox, report], updatedAt: now };
  return to.includes(threadMark) ? stirCard(told, now) : told;
}

/** The chain with news for the thread under its card, where that stands: others hear of it in another way, or need not. */
export function tellCard(chain: Chain, news: News, now: number): Chain {
  return chain.card?.place == null ? chain : tell(chain, news, now, [threadMark]);
}

/** All who hear of a turn of the chain: its addresses, and the thread under its card. */
export function listenersOf(chain: Chain, topic: Topic): Mark[] {
  return [...addressesOf(chain), ...(listensTo(chain, topic) ? [threadMark] : [])];
}

/** The marks of the addresses that get the chain's messages now; those of the settings only if it is for our channels. */
export function addressesOf(chain: Chain): Mark[] {
  const marks = chain.credentials.addresses.map(({ mark }) => mark);
  if (isForOurChannels(chain)) return marks.length === 0 ? [defaultAddress.mark] : marks;
  return marks.filter((mark) => mark !== defaultAddress.mark);
}

/**
 * The delivery to an address that is due first; `null`: there is none. At each address people read the story in order,
 * and an address that does not answer keeps no other waiting. What goes to the card's thread is `nextCardStep`'s.
 */
export function nextDelivery({ outbox }: Pick<Chain, 'outbox'>): Delivery | null {
  const firsts = new Map<Mark, Delivery>();
  for (const report of outbox) {
    for (const recipient of report.to) {
      const isThread = recipient.mark === threadMark;
      if (!isThread && !firsts.has(recipient.mark)) firsts.set(recipient.mark, { report, recipient });
    }
  }
  const [first = null] = [...firsts.values()].toSorted(
    (a, b) => a.recipient.nextTryAt - b.recipient.nextTryAt,
  );
  return first;
}

/** The report reached these addresses, or never will; it leaves the chain with the last of them. */
export function endDelivery(chain: Chain, { report, recipient }: Delivery, marks: readonly Mark[]): Chain {
  const known = find(chain, report, recipient.mark);
  if (known === undefined) return chain;
  const to = known.to.filter(({ mark }) => !marks.includes(mark));
  const outbox = chain.outbox.flatMap((each) =>
    each === known ? (to.length === 0 ? [] : { ...each, to }) : each,
  );
  return forgetAddresses({ ...chain, outbox });
}

/** The report is sent to these addresses again at `nextTryAt`; those behind it wait there. */
export function delayDelivery(
  chain: Chain,
  { report, recipient }: Delivery,
  marks: readonly Mark[],
  nextTryAt: number,
): Chain {
  const known = find(chain, report, recipient.mark);
  if (known === undefined) return chain;
  const to = known.to.map((each) =>
    marks.includes(each.mark) ? { ...each, tries: each.tries + 1, nextTryAt } : each,
  );
  return { ...chain, outbox: chain.outbox.map((each) => (each === known ? { ...each, to } : each)) };
}

/** A chain that has ended keeps addresses for as long as a report is on its way to one. */
export function forgetAddresses(chain: Chain): Chain {
  if (chain.closedAt === null || nextDelivery(chain) !== null) return chain;
  return { ...chain, credentials: { ...chain.credentials, addresses: [] } };
}

function find({ outbox }: Chain, report: OutgoingReport, to: Mark): OutgoingReport | undefined {
  return outbox.find(
    ({ at, topic, to: rest }) =>
      at === report.at && topic === report.topic && rest.some(({ mark }) => mark === to),
  );
}
