import { type Chain, type OutgoingReport, type Recipient, type Topic, isOpen } from './chain.ts';
import { defaultAddress } from './credentials.ts';
import { isForOurChannels } from './proof.ts';
import type { Fingerprint } from '../secret.ts';
import { markStale } from './card-state.ts';

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
export function enqueueReport(
  chain: Chain,
  news: News,
  now: number,
  to: readonly Fingerprint[] = recipientsOf(chain, news.topic),
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
  return to.includes(threadMark) ? markCardStale(told, now) : told;
}

/** The chain with news for the thread under its card, where that stands: others hear of it in another way, or need not. */
export function enqueueThreadReply(chain: Chain, news: News, now: number): Chain {
  return chain.card?.place == null ? chain : enqueueReport(chain, news, now, [threadMark]);
}

/** All who hear of a turn of the chain: its addresses, and the thread under its card. */
export function recipientsOf(chain: Chain, topic: Topic): Fingerprint[] {
  return [...addressesOf(chain), ...(repliesInThread(chain, topic) ? [threadMark] : [])];
}

/** The marks of the addresses that get the chain's messages now; those of the settings only if it is for our channels. */
export function addressesOf(chain: Chain): Fingerprint[] {
  const marks = chain.credentials.addresses.map(({ mark }) => mark);
  if (isForOurChannels(chain)) return marks.length === 0 ? [defaultAddress.mark] : marks;
  return marks.filter((mark) => mark !== defaultAddress.mark);
}

/**
 * The delivery to an address that is due first; `null`: there is none. At each address people read the story in order,
 * and an address that does not answer keeps no other waiting. What goes to the card's thread is `nextCardStep`'s.
 */
export function nextDelivery({ outbox }: Pick<Chain, 'outbox'>): Delivery | null {
  const firsts = new Map<Fingerprint, Delivery>();
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
export function endDelivery(
  chain: Chain,
  { report, recipient }: Delivery,
  marks: readonly Fingerprint[],
): Chain {
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
  marks: readonly Fingerprint[],
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

function find({ outbox }: Chain, report: OutgoingReport, to: Fingerprint): OutgoingReport | undefined {
  return outbox.find(
    ({ at, topic, to: rest }) =>
      at === report.at && topic === report.topic && rest.some(({ mark }) => mark === to),
  );
}

/** Stands for the thread under the chain's card among those whom a report is to reach. */
export const threadMark: Fingerprint = 'thread';

/** What is to be done next about the chain's card. */
export type CardStep =
  | { kind: 'show'; at: number }
  | { kind: 'reply'; at: number; report: OutgoingReport; recipient: Recipient };

/** News of these kinds make no card of its own for a chain of an outage, which has one message for all of them. */
const quietInOutage: readonly Topic[] = ['scheduled', 'delayed', 'triggered'];

/** Whether the thread under the card gets the message. The channel is ours, even if a rule names it. */
export function repliesInThread(chain: Chain, topic: Topic): boolean {
  const { card, hold } = chain;
  if (card === null || !isForOurChannels(chain)) return false;
  return hold === null || card.place !== null || !quietInOutage.includes(topic);
}

/** The card no longer shows how things are, or is to be posted. */
export function markCardStale(chain: Chain, now: number): Chain {
  return chain.card === null ? chain : { ...chain, card: markStale(chain.card, now) };
}

/**
 * `null`: there is nothing to do. The card comes before what is told under it: where somebody deleted it, that shows
 * then, and the thread is the new one's.
 */
export function nextCardStep({ card, outbox }: Pick<Chain, 'card' | 'outbox'>): CardStep | null {
  if (card === null) return null;
  if (card.stale !== null) return { kind: 'show', at: card.stale.dueAt };
  if (card.place === null) return null;
  for (const report of outbox) {
    const recipient = report.to.find(({ mark }) => mark === threadMark);
    if (recipient !== undefined) return { kind: 'reply', at: recipient.nextTryAt, report, recipient };
  }
  return null;
}

/** Nothing more is to be done for the chain, and people know how it ended, or never will. */
export function isSettled(chain: Chain): boolean {
  return !isOpen(chain) && chain.outbox.length === 0 && (chain.card?.stale ?? null) === null;
}

/** The card will not be written, so nothing can be told under it. */
export function forgetThread(chain: Chain): Chain {
  const outbox = chain.outbox.flatMap((report) => {
    const to = report.to.filter(({ mark }) => mark !== threadMark);
    return to.length === 0 ? [] : [{ ...report, to }];
  });
  return { ...chain, outbox };
}

/**
 * The chain, now verified, with a report of what the verification found to all its listeners. A chain that has ended since
 * the verification began has forgotten its addresses: it gets those of `begun` back until the report is delivered.
 */
export function enqueueVerification(known: Chain, begun: Chain, detail: string, now: number): Chain {
  if (known.isVerified) return known;
  const { addresses } = known.credentials.addresses.length === 0 ? begun.credentials : known.credentials;
  const credentials = { ...known.credentials, addresses };
  return enqueueReport(
    { ...known, credentials, isVerified: true },
    { topic: 'verified', attempt: 0, detail },
    now,
  );
}
