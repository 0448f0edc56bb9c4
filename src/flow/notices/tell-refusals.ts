import { delayCard, giveUpCard } from '../../chain/card-state.ts';
import type { Notice, RefusalNotice } from '../../chain/notice.ts';
import { composeRefusals, composeRefusalsCard } from '../../report/notices/compose-refusals.ts';
import type { Flow } from '../flow.ts';
import { postToErrors, sendOnce, type Settled } from './send-notice.ts';
import { waitsFor } from '../deliver/record-delivery.ts';

/** Sends the one message about rejected tokens. */
export async function tellRefusals(flow: Flow, { id, facts }: RefusalNotice): Promise<void> {
  await sendOnce(flow, id, {
    key: id,
    send: () =>
      postToErrors(flow, { message: () => composeRefusals(facts), card: () => composeRefusalsCard(facts) }),
    settle,
    isDue: ({ card }) => card.stale !== null,
  });
}

function settle(known: Notice, outcome: Settled, now: number): Notice {
  const { card } = known;
  if (card.stale === null) return known;
  if (outcome.kind === 'sent') return { ...known, card: { ...giveUpCard(card), place: outcome.place } };
  const waitMs = waitsFor(outcome, card.stale.since, card.stale.tries, now);
  return { ...known, card: waitMs === null ? giveUpCard(card) : delayCard(card, now + waitMs) };
}
