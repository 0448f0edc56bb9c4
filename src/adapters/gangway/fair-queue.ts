/** What decides the place of a call. */
export interface Ticket {
  /** Identifies the token without revealing it. */
  token: string;
  /** Gangway has taken this token before, or it is the service's own. */
  isKnown: boolean;
  /** A person waits for this call. */
  isDemanded: boolean;
  urgency: Urgency;
}

const ranks = ['demanded', 'known', 'unknown', 'refused'] as const;
type Rank = (typeof ranks)[number];

/** How many refused tokens are remembered; if there are more, the oldest ones count as unknown again. */
const maxRefused = 10_000;

/**
 * The calls that wait for Gangway's rate, one queue per token. Calls that a person demanded go first, then known tokens,
 * then unknown ones, then those that Gangway refused; every fourth turn goes to the next rank that waits. Within a rank,
 * tokens take turns.
 *
 * Each chain waits for one call at a time, so there are at most as many calls here as chains, plus a few of people.
 */
export class FairQueue<T> {
  readonly #rings = {
    demanded: new TokenRing<T>(false),
    known: new TokenRing<T>(false),
    unknown: new TokenRing<T>(true),
    refused: new TokenRing<T>(false),
  };
  readonly #precedence = new Precedence(ranks);
  /** Oldest first. */
  readonly #refused = new Set<string>();

  add(ticket: Ticket, call: T): void {
    this.#rings[this.#rankOf(ticket)].add(ticket.token, ticket.urgency, call);
  }

  /** The call whose turn it is. */
  take(): T | undefined {
    const rank = this.#precedence.pick((each) => !this.#rings[each].isEmpty);
    return rank === null ? undefined : this.#rings[rank].take();
  }

  takeAll(): T[] {
    return ranks.flatMap((rank) => this.#rings[rank].takeAll());
  }

  /** Gangway has taken the token: its waiting calls now rank as known. */
  noteTaken(token: string): void {
    this.#refused.delete(token);
    this.#move(token, 'known');
  }

  /** Gangway has refused the token: its calls rank last until Gangway takes it. */
  noteRefused(token: string): void {
    this.#refused.delete(token);
    this.#refused.add(token);
    const [oldest] = this.#refused;
    if (this.#refused.size > maxRefused && oldest !== undefined) this.#refused.delete(oldest);
    this.#move(token, 'refused');
  }

  /** All calls of a token, except those that a person demanded, are in the same ring as the first of them. */
  #rankOf({ token, isKnown, isDemanded }: Ticket): Rank {
    if (isDemanded) return 'demanded';
    if (this.#refused.has(token) || this.#rings.refused.has(token)) return 'refused';
    if (isKnown) this.#move(token, 'known');
    return isKnown || this.#rings.known.has(token) ? 'known' : 'unknown';
  }

  #move(token: string, to: 'known' | 'refused'): void {
    for (const from of ['known', 'unknown', 'refused'] as const) {
      const queue = from === to ? undefined : this.#rings[from].withdraw(token);
      if (queue !== undefined) this.#rings[to].join(queue);
    }
  }
}

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
class TokenRing<T> {
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

/** One of so many turns goes to the names that follow. */
const cycle = 4;

/**
 * Decides whose turn it is, in a fixed order. The first name that waits is served, but every fourth turn goes to the names
 * behind it that wait. So each name is served within a bounded number of turns, however busy those before it are.
 */
class Precedence<Name extends string> {
  readonly #order: readonly Name[];
  /** How many turns each name has had since the names behind it had one. */
  readonly #turns = new Map<Name, number>();

  constructor(order: readonly Name[]) {
    this.#order = order;
  }

  /** `null`: none waits. */
  pick(waits: (name: Name) => boolean): Name | null {
    const waiting = this.#order.filter(waits);
    const last = waiting.pop() ?? null;
    for (const name of waiting) {
      const turns = (this.#turns.get(name) ?? 0) + 1;
      this.#turns.set(name, turns % cycle);
      if (turns < cycle) return name;
    }
    return last;
  }
}
