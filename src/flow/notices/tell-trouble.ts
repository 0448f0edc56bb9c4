import { type CardPlace, delayCard, giveUpCard, stir } from '../../chain/card-state.ts';
import { isTrouble, type Notice, type TroubleFacts, type TroubleNotice } from '../../chain/notice.ts';
import type { Board } from '../../report/channel-publisher.ts';
import { composeTrouble, composeTroubleCard } from '../../report/notices/compose-trouble.ts';
import type { Flow } from '../flow.ts';
import { type Outcome, postToErrors, sendOnce, type Settled, toOutcome } from './send-notice.ts';
import { waitsFor } from '../deliver/record-delivery.ts';

type Step = 'begin' | 'end';

/** Sends the next message about a problem of the service: first that it began, then that it is over. */
export async function tellTrouble(flow: Flow, notice: TroubleNotice): Promise<void> {
  const { notices } = flow;
  const step = nextStep(notice);
  if (step === null) {
    await notices.update(notice.id, (known) => known && { ...known, card: giveUpCard(known.card) });
    return;
  }
  await sendOnce(flow, notice.id, {
    key: `${notice.id} ${step}`,
    send: () => send(flow, notice, step),
    settle: (known, outcome, now) => settle(known, step, outcome, now),
    isDue: (known) => isTrouble(known) && nextStep(known) === step,
  });
}

function nextStep({ facts }: TroubleNotice): Step | null {
  if (facts.told === 'nothing') return 'begin';
  return facts.told === 'begin' && facts.endedAt !== null ? 'end' : null;
}

async function send(flow: Flow, { facts, card }: TroubleNotice, step: Step): Promise<Outcome> {
  const { place } = card;
  if (step === 'end' && place !== null && flow.board !== null) {
    const written = await reply(flow, flow.board, facts, place);
    if (written !== null) return written;
  }
  return postToErrors(flow, {
    message: (now) => composeTrouble(facts, step, now),
    card: (now) => composeTroubleCard(facts, step, now),
  });
}

/** As a reply to the first message, shown in the channel as well. `null`: the first message was deleted. */
async function reply(
  flow: Flow,
  board: Board,
  facts: TroubleFacts,
  place: CardPlace,
): Promise<Outcome | null> {
  const written = await board.write(place.channel, async () => {
    return { kind: 'reply', message: composeTrouble(facts, 'end', flow.clock.now()), under: place.ts };
  });
  if (written.kind === 'gone') return null;
  // The notice keeps the place of the first message.
  return written.kind === 'written' ? { kind: 'sent', place: null } : toOutcome(written);
}

function settle(known: Notice, step: Step, outcome: Settled, now: number): Notice {
  if (!isTrouble(known) || nextStep(known) !== step) return known;
  const { facts, card } = known;
  if (outcome.kind !== 'sent' && card.stale !== null) {
    const waitMs = waitsFor(outcome, card.stale.since, card.stale.tries, now);
    if (waitMs !== null) return { ...known, card: delayCard(card, now + waitMs) };
  }
  const place = (outcome.kind === 'sent' ? outcome.place : null) ?? card.place;
  const told = { ...known, facts: { ...facts, told: step }, card: { ...giveUpCard(card), place } };
  return nextStep(told) === null ? told : { ...told, card: stir(told.card, now) };
}
