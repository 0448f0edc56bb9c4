import type { Secret } from '../secret.ts';
import type { Message } from './message.ts';

export type Delivery =
  | { kind: 'delivered' }
  /** Another try can help, not sooner than `retryAfterMs` where that is given. */
  | { kind: 'later'; why: string; retryAfterMs: number | null }
  /** The address or the message is at fault. */
  | { kind: 'never'; why: string };

/** A way to reach people. */
export interface Reporter {
  /** `address` is a secret: whoever knows an incoming webhook can post to it. */
  deliver(message: Message, address: Secret): Promise<Delivery>;
}
