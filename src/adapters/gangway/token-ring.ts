import { Precedence } from './precedence.ts';

/** Starting runs and finding lost ones comes first; checking a token can wait. */
export type Urgency = 'trigger' | 'lookup' | 'verification';

const urgencies: readonly Urgency[] = ['trigger', 'lookup', 'verification'];

/** The waiting calls of one token. */
class TokenQueue<T> {
  readonly token: string;
  /** It has had no turn yet. */
  isFresh = true;
  readonly #calls: Record<Urgency, T[]> = { trigger: [], lookup: [], verification: [] };
  readonly #precedence = new Precedence(urgencies);

  constructor(token: string) {
    this.token = token;
  }

  get isEmpty(): boolean {
    return urgencies.every((urgency) => this.#calls[urgency].length === 0);
  }

  add(urgency: Urgency, call: T): void {
    this.#calls[urgency].push(call);
  }

  take(): T | undefined {
    const urgency = this.#precedence.pick((each) => this.#calls[each].length > 0);
    return urgency === null ? undefined : this.#calls[urgency].shift();
  }

  takeAll(): T[] {
    return urgencies.flatMap((urgency) => this.#calls[urgency].splice(0));
  }
}

/**
 * Serves tokens in turn, one call at a time. If `servesNewest`, every other turn goes to the newest token that has had no
 * turn yet. Anyone can bring many tokens; so many tokens before or after a true one do not delay it.
 */
export class TokenRing<T> {
  readonly #servesNewest: boolean;
  /** The first is served next. */
  readonly #queues = new Map<string, TokenQueue<T>>();
  /** Oldest first; some have had a turn or have left since. */
  #fresh: TokenQueue<T>[] = [];
  #isNewestNext = false;

  constructor(servesNewest: boolean) {
    this.#servesNewest = servesNewest;
  }

  get isEmpty(): boolean {
    return this.#queues.size === 0;
  }

  has(token: string): boolean {
    return this.#queues.has(token);
  }

  add(token: string, urgency: Urgency, call: T): void {
    const queue = this.#queues.get(token) ?? this.#open(token);
    queue.add(urgency, call);
  }

  take(): T | undefined {
    const queue = this.#pick();
    if (queue === undefined) return undefined;
    queue.isFresh = false;
    const call = queue.take();
    this.#queues.delete(queue.token);
    if (!queue.isEmpty) this.#queues.set(queue.token, queue);
    return call;
  }

  takeAll(): T[] {
    const calls = [...this.#queues.values()].flatMap((queue) => queue.takeAll());
    this.#queues.clear();
    this.#fresh = [];
    return calls;
  }

  /** Removes the token's calls, to wait in another ring; `undefined`: it has none here. */
  withdraw(token: string): TokenQueue<T> | undefined {
    const queue = this.#queues.get(token);
    this.#queues.delete(token);
    return queue;
  }

  /** Takes calls from another ring; the token must have none here. */
  join(queue: TokenQueue<T>): void {
    this.#queues.set(queue.token, queue);
  }

  #open(token: string): TokenQueue<T> {
    const queue = new TokenQueue<T>(token);
    this.#queues.set(token, queue);
    if (!this.#servesNewest) return queue;
    // The list is cleaned from time to time, so that it never grows beyond twice the waiting tokens.
    if (this.#fresh.length > 2 * this.#queues.size)
      this.#fresh = this.#fresh.filter((each) => this.#isFresh(each));
    this.#fresh.push(queue);
    return queue;
  }

  #pick(): TokenQueue<T> | undefined {
    const newest = this.#servesNewest && this.#isNewestNext ? this.#takeNewest() : undefined;
    this.#isNewestNext = !this.#isNewestNext;
    return newest ?? this.#queues.values().next().value;
  }

  #takeNewest(): TokenQueue<T> | undefined {
    for (let queue = this.#fresh.pop(); queue !== undefined; queue = this.#fresh.pop()) {
      if (this.#isFresh(queue)) return queue;
    }
    return undefined;
  }

  #isFresh(queue: TokenQueue<T>): boolean {
    return queue.isFresh && this.#queues.get(queue.token) === queue;
  }
}
