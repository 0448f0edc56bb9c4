import { type Chain, isOpen, type OutgoingReport, type Recipient, type Topic } from './chain.ts';
import { stir } from './card-state.ts';
import { isForOurChannels } from './proof.ts';
import type { Mark } from './seal.ts';

/** Stands for the thread under the chain's card among those whom a report is to reach. */
export const threadMark: Mark = 'thread';

/** What is to be done next about the chain's card. */
export type CardStep =
  | { kind: 'show'; at: number }
  | { kind: 'reply'; at: number; report: OutgoingReport; recipient: Recipient };

/** News of these kinds make no card of its own for a chain of an outage, which has one message for all of them. */
const quietInOutage: readonly Topic[] = ['scheduled', 'delayed', 'triggered'];

/** Whether the thread under the card gets the message. The channel is ours, even if a rule names it. */
export function listensTo(chain: Chain, topic: Topic): boolean {
  const { card, hold } = chain;
  if (card === null || !isForOurChannels(chain)) return false;
  return hold === null || card.place !== null || !quietInOutage.includes(topic);
}

/** The card no longer shows how things are, or is to be posted. */
export function stirCard(chain: Chain, now: number): Chain {
  return chain.card === null ? chain : { ...chain, card: stir(chain.card, now) };
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
