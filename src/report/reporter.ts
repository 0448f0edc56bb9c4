import type { Secret } from '../secret.ts';
import type { Message, Card } from './message.ts';
import type { CardPlace } from '../chain/card-state.ts';

export type DeliveryOutcome =
  | { kind: 'delivered' }
  /** Another try can help, not sooner than `retryAfterMs` where that is given. */
  | { kind: 'later'; why: string; retryAfterMs: number | null }
  /** The address or the message is at fault. */
  | { kind: 'never'; why: string };

/** A way to reach people. */
export interface Reporter {
  /** `address` is a secret: whoever knows an incoming webhook can post to it. */
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
  /** When the turn came there was nothing to write. */
  | { kind: 'nothing' }
  /** The message to rewrite, or to reply to, is no longer there. */
  | { kind: 'gone' }
  /**
   * Another try can help, not sooner than `retryAfterMs` where that is given. `isClosed`: it is the channel that takes
   * nothing from us, because it is not there, is archived, or nobody invited us.
   */
  | { kind: 'later'; why: string; retryAfterMs: number | null; isClosed?: true }
  /** The service is stopping: nothing was written, and the next start takes it up. */
  | { kind: 'stopped' }
  /** What was to be written is at fault. */
  | { kind: 'never'; why: string };

/** Channels in which messages can be rewritten and have threads. */
export interface ChannelPublisher {
  /**
   * Writes to a channel, by its name or id, when its turn comes: `draft` is asked only then, so that what waited for
   * long says how things are now. Whatever `draft` throws comes through.
   */
  write(channel: string, draft: () => Promise<PublicationDraft | null>): Promise<WriteResult>;
  /** Whether the token is taken; `says` in words, whichever. */
  check(): Promise<{ ok: boolean; says: string }>;
  /** Whoever waits for a turn is sent away (`stopped`). */
  close(): void;
}
