import {
  type Chain,
  holdOf,
  isOpen,
  type News,
  type OutgoingReport,
  type Recipient,
  type RecipientId,
  type Topic,
} from './chain.ts';
import type { KeptAddress } from './credentials.ts';
import { isForOurChannels } from './proof.ts';
import { markStale } from '../notice/card-state.ts';

/** A report and one whom it has not reached yet. */
export interface Delivery {
  report: OutgoingReport;
  recipient: Recipient;
}

/**
 * The chain with one more report to send, to all its listeners unless `to` names some; without a listener there is no
 * report. Call it before the `move` that ends the chain, which forgets addresses that no report waits for.
 */
export function enqueueReport(
  chain: Chain,
  news: News & { attempt?: number },
  now: number,
  to: readonly RecipientId[] = recipientsOf(chain, news.topic),
): Chain {
  if (to.length === 0) return { ...chain, updatedAt: now };
  const report: OutgoingReport = {
    attempt: chain.runs.at(-1)?.attempt ?? 0,
    ...news,
    at: now,
    decision: chain.decision,
    to: to.map((id) => ({ id, tries: 0, nextTryAt: now })),
  };
  const told = { ...chain, outbox: [...chain.outbox, report], updatedAt: now };
  return to.some(isThread) ? markCardStale(told, now) : told;
}

/** The chain with news for the thread under its card, where that stands: others hear of it in another way, or need not. */
export function enqueueThreadReply(chain: Chain, news: News, now: number): Chain {
  return chain.card?.place == null ? chain : enqueueReport(chain, news, now, [thread]);
}

/** All who hear of a turn of the chain: its addresses, and the thread under its card. */
export function recipientsOf(chain: Chain, topic: Topic): RecipientId[] {
  return [...addressesOf(chain), ...(repliesInThread(chain, topic) ? [thread] : [])];
}

/** The addresses that get the chain's messages now; those of the settings only if the chain is for our channels. */
export function addressesOf(chain: Chain): RecipientId[] {
  const ids = chain.credentials.addresses.map(recipientOf);
  if (isForOurChannels(chain)) return ids.length === 0 ? [{ kind: 'default' }] : ids;
  return ids.filter(({ kind }) => kind !== 'default');
}

export function recipientOf(address: KeptAddress): RecipientId {
  return address.kind === 'default'
    ? { kind: 'default' }
    : { kind: 'address', fingerprint: address.fingerprint };
}

/** The same text for the same recipient. */
export function recipientKey(id: RecipientId): string {
  return id.kind === 'address' ? `address ${id.fingerprint}` : id.kind;
}

export function includesRecipient(ids: readonly RecipientId[], id: RecipientId): boolean {
  return ids.some((each) => recipientKey(each) === recipientKey(id));
}

function isThread({ kind }: RecipientId): boolean {
  return kind === 'thread';
}

/**
 * The delivery to an address that is due first; `null`: there is none. At each address people read the story in order,
 * and an address that does not answer keeps no other waiting. What goes to the card's thread is `nextCardStep`'s.
 */
export function nextDelivery({ outbox }: Pick<Chain, 'outbox'>): Delivery | null {
  const firsts = new Map<string, Delivery>();
  for (const report of outbox) {
    for (const recipient of report.to) {
      const key = recipientKey(recipient.id);
      if (!isThread(recipient.id) && !firsts.has(key)) firsts.set(key, { report, recipient });
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
  ids: readonly RecipientId[],
): Chain {
  const known = find(chain, report, recipient.id);
  if (known === undefined) return chain;
  const to = known.to.filter(({ id }) => !includesRecipient(ids, id));
  const outbox = chain.outbox.flatMap((each) =>
    each === known ? (to.length === 0 ? [] : { ...each, to }) : each,
  );
  return forgetAddresses({ ...chain, outbox });
}

/** The report is sent to these addresses again at `nextTryAt`; those behind it wait there. */
export function delayDelivery(
  chain: Chain,
  { report, recipient }: Delivery,
  ids: readonly RecipientId[],
  nextTryAt: number,
): Chain {
  const known = find(chain, report, recipient.id);
  if (known === undefined) return chain;
  const to = known.to.map((each) =>
    includesRecipient(ids, each.id) ? { ...each, tries: each.tries + 1, nextTryAt } : each,
  );
  return { ...chain, outbox: chain.outbox.map((each) => (each === known ? { ...each, to } : each)) };
}

/** A chain that has ended keeps addresses for as long as a report is on its way to one. */
export function forgetAddresses(chain: Chain): Chain {
  if (isOpen(chain) || nextDelivery(chain) !== null) return chain;
  return { ...chain, credentials: { ...chain.credentials, addresses: [] } };
}

function find({ outbox }: Chain, report: OutgoingReport, to: RecipientId): OutgoingReport | undefined {
  return outbox.find((each) => {
    const ids = each.to.map(({ id }) => id);
    return each.at === report.at && each.topic === report.topic && includesRecipient(ids, to);
  });
}

/** The thread under the chain's card. */
export const thread: RecipientId = { kind: 'thread' };

/** What is to be done next about the chain's card. */
export type CardStep =
  | { kind: 'show'; at: number }
  | { kind: 'reply'; at: number; report: OutgoingReport; recipient: Recipient };

/** News of these kinds make no card of its own for a chain of an outage, which has one message for all of them. */
const quietInOutage: readonly Topic[] = ['scheduled', 'delayed', 'triggered'];

/** Whether the thread under the card gets the message. The channel is ours, even if a rule names it. */
export function repliesInThread(chain: Chain, topic: Topic): boolean {
  const { card } = chain;
  if (card === null || !isForOurChannels(chain)) return false;
  return holdOf(chain) === null || card.place !== null || !quietInOutage.includes(topic);
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
    const recipient = report.to.find(({ id }) => isThread(id));
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
    const to = report.to.filter(({ id }) => !isThread(id));
    return to.length === 0 ? [] : [{ ...report, to }];
  });
  return { ...chain, outbox };
}

/**
 * The chain, now verified, with a report of what the verification found to all its listeners. A chain that has ended since
 * the verification began has forgotten its addresses: it gets those of `begun` back until the report is delivered.
 */
export function enqueueVerification(
  known: Chain,
  begun: Chain,
  { title, lines }: { title: string; lines: readonly string[] },
  now: number,
): Chain {
  if (known.isVerified) return known;
  const { addresses } = known.credentials.addresses.length === 0 ? begun.credentials : known.credentials;
  const credentials = { ...known.credentials, addresses };
  const news: News & { attempt: number } = { topic: 'verified', attempt: 0, title, lines: [...lines] };
  return enqueueReport({ ...known, credentials, isVerified: true }, news, now);
}
