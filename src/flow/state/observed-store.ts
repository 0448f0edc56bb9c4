import { isDeepStrictEqual } from 'node:util';
import { type Chain, isOpen } from '../../chain/chain.ts';
import type { Accepted, ChainPage, ChainQuery, ChainStore } from '../../chain/chain-store.ts';
import type { Clock } from '../../time/clock.ts';
import type { Notice, NoticeStore } from '../../notice/notice.ts';
import { markCardStale } from '../../chain/outbox.ts';
import { describeReason } from '../../report/reasons.ts';
import { composeCard } from '../../report/chain/compose-card.ts';
import { whyUnheard } from '../../chain/proof.ts';
import type { Logger } from '../../logging.ts';

/**
 * A store that tells of every change once it is durable, so that whoever plans work need not be told by each caller, and
 * that sees to it that no change leaves a card behind.
 */
export class ObservedStore implements ChainStore {
  readonly #store: ChainStore;
  readonly #clock: Pick<Clock, 'now'>;
  readonly #listeners: ((chain: Chain, hasEnded: boolean) => void)[] = [];
  #tellForgotten: (ids: readonly string[]) => void = () => {};

  constructor(store: ChainStore, clock: Pick<Clock, 'now'>) {
    this.#store = store;
    this.#clock = clock;
  }

  /** Adds one who is told of every change, after those before. `hasEnded`: the change closed the chain. */
  onChange(tell: (chain: Chain, hasEnded: boolean) => void): void {
    this.#listeners.push(tell);
  }

  /** `tell` gets the ids of unproven chains that were dropped for others. */
  onForgotten(tell: (ids: readonly string[]) => void): void {
    this.#tellForgotten = tell;
  }

  async accept(chain: Chain, join: (known: Chain) => Chain): Promise<Accepted> {
    const accepted = await this.#store.accept(chain, (known) => this.#keep(known, join(known)));
    this.#tell(accepted.chain, false);
    if (accepted.displaced.length > 0) this.#tellForgotten(accepted.displaced);
    return accepted;
  }

  async update(id: string, change: (chain: Chain) => Chain): Promise<Chain | null> {
    let wasOpen = false;
    const changed = await this.#store.update(id, (chain) => {
      wasOpen = isOpen(chain);
      return this.#keep(chain, change(chain));
    });
    if (changed !== null) this.#tell(changed, wasOpen && !isOpen(changed));
    return changed;
  }

  get(id: string): Promise<Chain | null> {
    return this.#store.get(id);
  }

  page(query: ChainQuery): Promise<ChainPage> {
    return this.#store.page(query);
  }

  listUnsettled(): Promise<Chain[]> {
    return this.#store.listUnsettled();
  }

  #tell(chain: Chain, hasEnded: boolean): void {
    for (const tell of this.#listeners) tell(chain, hasEnded);
  }

  #keep(before: Chain, after: Chain): Chain {
    return markChangedCardStale(before, after, this.#clock.now());
  }
}

/** A store of notices that tells of every change once it is durable. */
export class ObservedNotices implements NoticeStore {
  readonly #store: NoticeStore;
  #tell: (notice: Notice) => void = () => {};

  constructor(store: NoticeStore) {
    this.#store = store;
  }

  onChange(tell: (notice: Notice) => void): void {
    this.#tell = tell;
  }

  list(): Promise<Notice[]> {
    return this.#store.list();
  }

  async update(id: string, change: (known: Notice | null) => Notice | null): Promise<Notice | null> {
    const changed = await this.#store.update(id, change);
    if (changed !== null) this.#tell(changed);
    return changed;
  }
}

/** Where links lead, and by which token a chain goes on, changes with the settings alone. */
const settings = { prowUrl: '', hasOwnToken: true };

/**
 * The chain after a change of whatever kind: where its card would show something else than before, it is brought up to
 * date. A chain that has none gets none by this: only news make one.
 */
export function markChangedCardStale(before: Chain, after: Chain, now: number): Chain {
  if (after === before || after.card?.place == null || after.card.stale !== null) return after;
  const view = { ...settings, now };
  return isDeepStrictEqual(composeCard(before, view), composeCard(after, view))
    ? after
    : markCardStale(after, now);
}

/** One line for each chain that ended: what needs a person is a warning. If our channels are silent, it says why. */
export function logEnd(log: Logger, chain: Chain): void {
  const { id, jobName, state, decision } = chain;
  const needsPerson = state === 'rejected' || state === 'needs-human';
  const last = needsPerson ? decision?.because.at(-1) : undefined;
  const why = last === undefined ? {} : { because: describeReason(last) };
  const unheard = whyUnheard(chain) ?? undefined;
  const line = { chain: id, job: jobName, state, reason: decision?.reason, unheard, ...why };
  log[needsPerson ? 'warn' : 'info'](line, 'chain ended');
}
