import type { CardPlace } from '../../chain/card-state.ts';
import type { Notice, NoticeStore } from '../../chain/notice.ts';
import type { WriteResult } from '../../report/reporter.ts';
import type { Card, Message } from '../../report/message.ts';
import type { Flow } from '../flow.ts';
import { pickErrorsChannel } from '../deliver/recipients.ts';

/** The result of sending. `place`: the message in a channel of the app, if it has one. */
export type Outcome = Settled | Extract<WriteResult, { kind: 'stopped' }>;

/** A result that must be stored. */
export type Settled =
  | { kind: 'sent'; place: CardPlace | null }
  | Extract<WriteResult, { kind: 'later' | 'never' }>;

/** One message of a notice. */
interface Sending {
  /** Identifies the message among all that the service sends. */
  key: string;
  send: () => Promise<Outcome>;
  settle: (known: Notice, outcome: Settled, now: number) => Notice;
  /** Whether the notice still needs the message. */
  isDue: (known: Notice) => boolean;
}

/** Messages that were sent but not yet noted on disk: if the disk refuses writes, they are not sent again. */
const unnoted = new WeakMap<NoticeStore, Map<string, Outcome>>();

/** Sends a message and stores the result. Throws `StoreUnavailable`; the next call then only stores it. */
export async function sendOnce(
  { notices, clock, log }: Pick<Flow, 'notices' | 'clock' | 'log'>,
  id: string,
  { key, send, settle, isDue }: Sending,
): Promise<void> {
  const sent = unnoted.get(notices) ?? new Map<string, Outcome>();
  unnoted.set(notices, sent);
  const outcome = sent.get(key) ?? (await send());
  if (outcome.kind === 'stopped') return;
  if (outcome.kind === 'sent') sent.set(key, outcome);
  const now = clock.now();
  const settled = await notices.update(id, (known) => known && settle(known, outcome, now));
  sent.delete(key);
  if (outcome.kind === 'sent') return;
  const isGivenUp = settled === null || !isDue(settled);
  if (isGivenUp) log.error({ notice: id, why: outcome.why }, 'notice could not be written');
  else log.warn({ notice: id, why: outcome.why }, 'notice is delayed');
}

/** The same content for an address and for a channel of the app; `now` (ms since the epoch) is when it is sent. */
interface Content {
  message: (now: number) => Message;
  card: (now: number) => Card;
}

/** Posts where the service posts its own problems. */
export async function postToErrors(
  flow: Pick<Flow, 'publisher' | 'settings' | 'reporter' | 'clock'>,
  { message, card }: Content,
): Promise<Outcome> {
  const target = pickErrorsChannel(flow);
  if (target === null) return { kind: 'never', why: 'no Slack address or channel is set' };
  if (target.kind === 'channel') {
    const draft = { kind: 'card', ts: null } as const;
    const written = await target.publisher.write(target.channel, async () => {
      return { ...draft, card: card(flow.clock.now()) };
    });
    return toOutcome(written);
  }
  const delivery = await flow.reporter.deliver(message(flow.clock.now()), target.address);
  return delivery.kind === 'delivered' ? { kind: 'sent', place: null } : delivery;
}

export function toOutcome(written: WriteResult): Outcome {
  if (written.kind === 'written') return { kind: 'sent', place: written.place };
  if (written.kind === 'nothing') return { kind: 'sent', place: null };
  // A new message cannot be gone.
  if (written.kind === 'gone')
    return { kind: 'later', why: 'Slack says that the message is gone', retryAfterMs: null };
  return written;
}
