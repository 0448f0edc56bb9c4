import type { Secret } from '../secret.ts';
import type { Message, Card } from './message.ts';
import type { CardFault, CardPlace, DeliveryFault } from '../notice/card-state.ts';

export type DeliveryOutcome = { kind: 'delivered' } | DeliveryFault;

/** A way to reach people. */
export interface Reporter {
  /** `address` is a secret: anyone who knows an incoming webhook can post to it. */
  deliver(message: Message, address: Secret): Promise<DeliveryOutcome>;
}

/** What is to be written. */
export type PublicationDraft =
  /** `ts`: the message that is rewritten; `null`: a new one. */
  | { kind: 'card'; card: Card; ts: string | null }
  /** A message in the thread of another. */
  | { kind: 'reply'; message: Message; under: string };

export type WriteResult =
  | { kind: 'written'; place: CardPlace }
  /** When its turn came, there was nothing to write. */
  | { kind: 'nothing' }
  /** The message to rewrite, or to reply to, no longer exists. */
  | { kind: 'gone' }
  /** The service is stopping: nothing was written, and the next start tries again. */
  | { kind: 'stopped' }
  | CardFault;

/** Channels in which messages can be rewritten and have threads. */
export interface ChannelPublisher {
  /**
   * Writes to a channel, by its name or id, when its turn comes. `draft` is called only then, so that a message that
   * waited for long shows how things are now. Rejects with the error of `draft`.
   */
  write(channel: string, draft: () => Promise<PublicationDraft | null>): Promise<WriteResult>;
  /** Whether Slack accepts the token; `says` describes it either way. */
  check(): Promise<{ ok: boolean; says: string }>;
  /** All that waits for its turn gets `stopped`. */
  close(): void;
}
