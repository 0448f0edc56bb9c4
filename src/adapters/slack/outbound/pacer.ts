import type { Clock } from '../../../time/clock.ts';
import { inOrderOfArrival, PacedQueue } from '../../../time/paced-queue.ts';

export type ChatMethod = 'chat.postMessage' | 'chat.update';

/** Slack accepts one message per second and channel. */
const channelGapMs = 1_000;
/** Slack accepts 50 updates per minute and workspace. This allows 48, because calls take different times to arrive. */
const methodGapsMs: Record<ChatMethod, number> = { 'chat.postMessage': 0, 'chat.update': 1_250 };

/**
 * Keeps messages within Slack's limits. Each channel has a queue: its next call begins one second after the end of the
 * last one, which may have arrived that late. Each method has a queue for all channels: its gap begins with the call, so
 * a call without an answer delays only its own channel. Only settings and rules name channels, so there are few.
 */
export class SlackPacer {
  readonly #clock: Clock;
  /** By the channel's id, or by its name while the id is not known. */
  readonly #channels = new Map<string, PacedQueue<null>>();
  readonly #ids = new Map<string, string>();
  readonly #methods: Record<ChatMethod, PacedQueue<null>>;
  #isClosed = false;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#methods = { 'chat.postMessage': this.#open(), 'chat.update': this.#open() };
  }

  /** Resolves when the channel's turn comes, with a function that ends it; `null`: the service is stopping. */
  async turn(channel: string): Promise<((hasCalled: boolean) => void) | null> {
    const queue = this.#queueOf(channel);
    const turn = await queue.turn(null, () => queue.pauseAll());
    if (turn.kind !== 'begun') return null;
    if (queue !== this.#queueOf(channel)) {
      // Its id became known meanwhile, so it waits again, together with the callers that use the id.
      queue.resumeAll();
      return this.turn(channel);
    }
    return (hasCalled) => {
      // The call may have shown the id. Then the gap is for those who use the id.
      if (hasCalled) this.#queueOf(channel).pauseFor(channelGapMs);
      queue.resumeAll();
    };
  }

  /** Resolves when the method may be called once. */
  async pass(method: ChatMethod): Promise<'at-once' | 'waited' | 'closed'> {
    const queue = this.#methods[method];
    const { isFree } = queue;
    const turn = await queue.turn(null, () => queue.pauseFor(methodGapsMs[method]));
    if (turn.kind !== 'begun') return 'closed';
    return isFree ? 'at-once' : 'waited';
  }

  /** The method is not called for `ms`, as Slack asked. */
  pause(method: ChatMethod, ms: number): void {
    this.#methods[method].pauseFor(ms);
  }

  /** The number of turns in channels and for methods that have not begun. */
  get waiting(): number {
    return this.#listQueues().reduce((sum, queue) => sum + queue.waiting, 0);
  }

  /** An answer has shown the id of a channel. From now on its name and its id share a queue. */
  learnId(name: string, id: string): void {
    if (name !== id) this.#ids.set(name, id);
  }

  /** Turns that wait, and later ones, never come. */
  close(): void {
    this.#isClosed = true;
    for (const queue of this.#listQueues()) queue.close();
  }

  #queueOf(channel: string): PacedQueue<null> {
    const key = this.#ids.get(channel) ?? channel;
    const known = this.#channels.get(key);
    if (known !== undefined) return known;
    const queue = this.#open();
    this.#channels.set(key, queue);
    return queue;
  }

  #open(): PacedQueue<null> {
    const queue = new PacedQueue(this.#clock, inOrderOfArrival());
    if (this.#isClosed) queue.close();
    return queue;
  }

  #listQueues(): PacedQueue<null>[] {
    return [...this.#channels.values(), ...Object.values(this.#methods)];
  }
}
