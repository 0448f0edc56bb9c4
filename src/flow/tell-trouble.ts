import { type CardPlace, delayCard, giveUpCard, stir } from '../chain/living-card.ts';
import { isTrouble, type Notice, type TroubleFacts, type TroubleNotice } from '../chain/notice.ts';
import type { NoticeStore } from '../chain/notice-store.ts';
import type { Board, Draft, Written } from '../report/board.ts';
import { composeTrouble, composeTroubleCard } from '../report/compose-trouble.ts';
import type { Flow } from './flow.ts';
import { pickErrorsChannel } from './pick-errors-channel.ts';
import { waitsFor } from './settle-delivery.ts';

type Step = 'begin' | 'end';

/** The result of sending. `place`: where a message of its own is in a channel of the app. */
type Outcome =
  | { kind: 'sent'; place: CardPlace | null }
  | Extract<Written, { kind: 'later' | 'never' | 'stopped' }>;

/** Messages that were sent and are not on disk as such yet: if the disk refuses writes, they are not sent again. */
const unnoted = new WeakMap<NoticeStore, Map<string, Outcome>>();

/** Sends the next message about a problem of the service: first that it began, then that it is over. */
export async function tellTrouble(flow: Flow, notice: TroubleNotice): Promise<void> {
  const { notices, clock, log } = flow;
  const step = nextStep(notice);
  if (step === null) {
    await notices.update(notice.id, (known) => known && { ...known, card: giveUpCard(known.card) });
    return;
  }
  const sent = unnoted.get(notices) ?? new Map<string, Outcome>();
  unnoted.set(notices, sent);
  const key = `${notice.id} ${step}`;
  const outcome = sent.get(key) ?? (await send(flow, notice, step));
  if (outcome.kind === 'stopped') return;
  if (outcome.kind === 'sent') sent.set(key, outcome);
  const now = clock.now();
  const settled = await notices.update(notice.id, (known) => known && settle(known, step, outcome, now));
  sent.delete(key);
  if (outcome.kind === 'sent') return;
  const isGivenUp = settled === null || !isTrouble(settled) || nextStep(settled) !== step;
  if (isGivenUp) log.error({ notice: notice.id, why: outcome.why }, 'notice could not be written');
  else log.warn({ notice: notice.id, why: outcome.why }, 'notice is delayed');
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
  const target = pickErrorsChannel(flow);
  if (target === null) return { kind: 'never', why: 'no Slack address or channel is set' };
  if (target.kind === 'channel') {
    const draft = async (): Promise<Draft> => {
      return { kind: 'card', card: composeTroubleCard(facts, step, flow.clock.now()), ts: null };
    };
    return toOutcome(await target.board.write(target.channel, draft));
  }
  const message = composeTrouble(facts, step, flow.clock.now());
  const delivery = await flow.reporter.deliver(message, target.address);
  return delivery.kind === 'delivered' ? { kind: 'sent', place: null } : delivery;
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

function toOutcome(written: Written): Outcome {
  if (written.kind === 'written') return { kind: 'sent', place: written.place };
  if (written.kind === 'nothing') return { kind: 'sent', place: null };
  // A new message cannot be gone.
  if (written.kind === 'gone')
    return { kind: 'later', why: 'Slack says that the message is gone', retryAfterMs: null };
  return written;
}

function settle(known: Notice, step: Step, outcome: Outcome, now: number): Notice {
  if (!isTrouble(known) || outcome.kind === 'stopped' || nextStep(known) !== step) return known;
  const { facts, card } = known;
  if (outcome.kind !== 'sent' && card.stale !== null) {
    const waitMs = waitsFor(outcome, card.stale.since, card.stale.tries, now);
    if (waitMs !== null) return { ...known, card: delayCard(card, now + waitMs) };
  }
  const place = (outcome.kind === 'sent' ? outcome.place : null) ?? card.place;
  const told = { ...known, facts: { ...facts, told: step }, card: { ...giveUpCard(card), place } };
  return nextStep(told) === null ? told : { ...told, card: stir(told.card, now) };
}
