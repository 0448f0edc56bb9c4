import {
  type CardPlace,
  type DeliveryFault,
  giveUpCard,
  nothingThere,
  recordFault,
} from '../../notice/card-state.ts';
import type { Notice } from '../../notice/notice.ts';
import { type Message, toCard, type Tone } from '../../report/message.ts';
import type { WriteResult } from '../../report/reporter.ts';
import { pickErrorsChannel } from '../deliver/recipients.ts';
import type { Flow } from '../flow.ts';

/** The result of sending. */
export type SendResult = Sent | DeliveryFault | { kind: 'stopped' };

interface Sent {
  kind: 'sent';
  /** The message in a channel of the app; `null`: it went to an address. */
  place: CardPlace | null;
}

/** One message of a notice. */
interface NoticeMessage<N extends Notice> {
  notice: N;
  /** Identifies the message among all that the service sends. */
  key: string;
  send: () => Promise<SendResult>;
  /** Whether the notice on disk still needs the message. */
  isDue: (known: Notice) => known is N;
  /** The notice without the message: it was sent, or is given up. */
  finish: (known: N, now: number) => Notice;
}

/** Sends messages of notices, each once. */
export class OnceSender {
  readonly #flow: Pick<Flow, 'notices' | 'clock' | 'log'>;
  /** Sent messages that are not on disk yet. If the disk refuses writes, they are not sent a second time. */
  readonly #unrecorded = new Map<string, Sent>();

  constructor(flow: Pick<Flow, 'notices' | 'clock' | 'log'>) {
    this.#flow = flow;
  }

  /** Sends a message and stores the result. Throws `StoreUnavailable`; the next call then only stores it. */
  async send<N extends Notice>(message: NoticeMessage<N>): Promise<void> {
    const { key, notice, isDue } = message;
    const result = this.#unrecorded.get(key) ?? (await message.send());
    if (result.kind === 'stopped') return;
    if (result.kind === 'sent') this.#unrecorded.set(key, result);
    const now = this.#flow.clock.now();
    const known = await this.#flow.notices.update(
      notice.id,
      (each) => each && settle(each, message, result, now),
    );
    this.#unrecorded.delete(key);
    if (result.kind === 'sent') return;
    logUnwritten(this.#flow.log, notice.id, result.why, known === null || !isDue(known));
  }
}

function settle<N extends Notice>(
  known: Notice,
  { isDue, finish }: NoticeMessage<N>,
  result: Sent | DeliveryFault,
  now: number,
): Notice {
  if (!isDue(known)) return known;
  if (result.kind !== 'sent') {
    const card = recordFault(known.card, result, now);
    return card.stale === null ? finish({ ...known, card }, now) : { ...known, card };
  }
  const place = result.place ?? known.card.place;
  return finish({ ...known, card: { ...giveUpCard(known.card), place } }, now);
}

/** Logs that a notice reached no person: it is tried again, or given up. */
export function logUnwritten(log: Flow['log'], notice: string, why: string, isGivenUp: boolean): void {
  if (isGivenUp) log.error({ notice, why }, 'notice could not be written');
  else log.warn({ notice, why }, 'notice is delayed');
}

/**
 * Posts to the people who run the service. `compose` gets the time (ms since the epoch) when the message is sent; `tone`
 * is for a channel of the app.
 */
export async function postToErrors(
  flow: Pick<Flow, 'publisher' | 'settings' | 'reporter' | 'clock'>,
  tone: Tone,
  compose: (now: number) => Message,
): Promise<SendResult> {
  const target = pickErrorsChannel(flow);
  if (target === null) return { kind: 'never', why: 'no Slack address or channel is set' };
  if (target.kind === 'address') {
    const delivery = await flow.reporter.deliver(compose(flow.clock.now()), target.address);
    return delivery.kind === 'delivered' ? { kind: 'sent', place: null } : delivery;
  }
  const written = await target.publisher.write(target.channel, async () => {
    return { kind: 'card', card: toCard(compose(flow.clock.now()), tone), ts: null };
  });
  return toSendResult(written);
}

export function toSendResult(written: WriteResult): SendResult {
  if (written.kind === 'written') return { kind: 'sent', place: written.place };
  if (written.kind === 'nothing') return { kind: 'sent', place: null };
  return written.kind === 'gone' ? nothingThere : written;
}
