import { Precedence } from './precedence.ts';
import { TokenRing, type Urgency } from './token-ring.ts';

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

  get isEmpty(): boolean {
    return ranks.every((rank) => this.#rings[rank].isEmpty);
  }

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
