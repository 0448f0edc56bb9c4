import { type CardPlace, giveUpCard, markStale } from '../../notice/card-state.ts';
import {
  isRefusals,
  isTrouble,
  type Notice,
  type RefusalNotice,
  type TroubleNotice,
} from '../../notice/notice.ts';
import { composeRefusals, composeTrouble } from '../../report/notices.ts';
import type { ChannelPublisher } from '../../report/reporter.ts';
import type { Flow } from '../flow.ts';
import { type OnceSender, postToErrors, type SendResult, toSendResult } from './send-once.ts';
/** Sends the message about rejected tokens. */
export async function sendRefusals(flow: Flow, sender: OnceSender, notice: RefusalNotice): Promise<void> {
  await sender.send({
    notice,
    key: notice.id,
    send: () => postToErrors(flow, 'person', () => composeRefusals(notice.facts)),
    isDue: (known): known is RefusalNotice => isRefusals(known) && known.card.stale !== null,
    finish: (known) => known,
  });
}

type Step = 'begin' | 'end';

/** Sends the next message about a problem of the service: first that it began, then that it is over. */
export async function sendTrouble(flow: Flow, sender: OnceSender, notice: TroubleNotice): Promise<void> {
  const step = nextStep(notice);
  if (step === null) {
    await flow.notices.update(notice.id, (known) => known && { ...known, card: giveUpCard(known.card) });
    return;
  }
  await sender.send({
    notice,
    key: `${notice.id} ${step}`,
    send: () => (step === 'end' ? sendEnd(flow, notice) : post(flow, notice, 'begin')),
    isDue: (known): known is TroubleNotice => isTrouble(known) && nextStep(known) === step,
    finish: (known, now) => finishStep(known, step, now),
  });
}

function nextStep({ facts }: TroubleNotice): Step | null {
  if (facts.told === 'nothing') return 'begin';
  return facts.told === 'begin' && facts.endedAt !== null ? 'end' : null;
}

/** The end is a reply to the first message, unless there is none or it was deleted. */
async function sendEnd(flow: Flow, notice: TroubleNotice): Promise<SendResult> {
  const { place } = notice.card;
  const { publisher } = flow;
  const replied = place === null || publisher === null ? null : await reply(flow, publisher, notice, place);
  return replied ?? post(flow, notice, 'end');
}

function post(flow: Flow, { facts }: TroubleNotice, step: Step): Promise<SendResult> {
  return postToErrors(flow, step === 'begin' ? 'person' : 'good', (now) => composeTrouble(facts, step, now));
}

/** `null`: the first message was deleted. */
async function reply(
  { clock }: Flow,
  publisher: ChannelPublisher,
  { facts }: TroubleNotice,
  { channel, ts }: CardPlace,
): Promise<SendResult | null> {
  const written = await publisher.write(channel, async () => {
    return { kind: 'reply', message: composeTrouble(facts, 'end', clock.now()), under: ts };
  });
  if (written.kind === 'gone') return null;
  // The notice keeps the place of the first message.
  return written.kind === 'written' ? { kind: 'sent', place: null } : toSendResult(written);
}

function finishStep(notice: TroubleNotice, step: Step, now: number): Notice {
  const told: TroubleNotice = { ...notice, facts: { ...notice.facts, told: step } };
  return nextStep(told) === null ? told : { ...told, card: markStale(told.card, now) };
}
