import { type Chain, openStates } from '../chain/chain.ts';
import { noCard, stir } from '../chain/living-card.ts';
import { isRefusals, mostNamedJobs, type RefusalFacts, type RefusalNotice } from '../chain/notice.ts';
import { Agenda } from './agenda.ts';
import type { Flow } from './flow.ts';
import { listChains } from './list-chains.ts';
import { pickErrorsChannel } from './pick-errors-channel.ts';

const minuteMs = 60_000;
/** Most refusals come in bursts. */
const gatherMs = 5 * minuteMs;
/** Minimum milliseconds between two sums. */
const betweenMs = 60 * minuteMs;
/** A refusal that is written now is on disk within this time, so that no sum misses one. */
const writeMs = minuteMs;
/** Older refusals are no news, where the service or its channel was away for long. */
const latestMs = 7 * 24 * 60 * minuteMs;

const key = 'refusals';

/**
 * Sums up the failures whose tokens Gangway rejected and of which our channels heard nothing, in at most one notice an
 * hour. When each was rejected is on disk, and so is the time up to which the last notice counts: a restart neither
 * repeats nor loses one.
 */
export class RefusalWatch {
  readonly #flow: Flow;
  readonly #agenda: Agenda;
  /** The first refusal that no notice counts, as far as we know (ms since the epoch). */
  #first: number | null = null;

  constructor(flow: Flow) {
    this.#flow = flow;
    this.#agenda = new Agenda({
      clock: flow.clock,
      look: async () => {
        const due = await this.#findDue();
        return () => this.#plan(due);
      },
      onFault: (_, err) => {
        if (!this.#agenda.isStopped) flow.log.error({ err }, 'sum of rejected tokens not recorded');
      },
    });
  }

  /** Takes up what an earlier process left. */
  start(): void {
    this.#await(this.#flow.clock.now());
  }

  /** It is called at every change of a chain. */
  see({ refusedAt, trust }: Chain): void {
    if (refusedAt !== null && trust === 'none') this.#await(refusedAt);
  }

  /** Begins nothing more, and resolves once what is in hand is done. */
  stop(): Promise<void> {
    return this.#agenda.stop();
  }

  get inHand(): number {
    return this.#agenda.inHand;
  }

  #await(refusedAt: number): void {
    if (this.#first !== null || pickErrorsChannel(this.#flow) === null) return;
    this.#first = refusedAt;
    this.#plan(this.#flow.clock.now());
  }

  #plan(due: number | null): void {
    this.#agenda.plan(key, due, () => this.#settle());
  }

  async #findDue(): Promise<number | null> {
    const first = this.#first;
    if (first === null) return null;
    const last = await this.#findLast();
    // A change of a chain that was counted long ago.
    if (last !== null && first <= last.facts.to) {
      this.#first = null;
      return null;
    }
    return Math.max(first + gatherMs, (last?.openedAt ?? -Infinity) + betweenMs);
  }

  async #findLast(): Promise<RefusalNotice | null> {
    return (await this.#flow.notices.list()).filter(isRefusals).at(-1) ?? null;
  }

  async #settle(): Promise<void> {
    const due = await this.#findDue();
    const now = this.#flow.clock.now();
    if (due === null || due > now) return;
    const first = this.#first;
    // What is refused from here on may be too late for the count, and is awaited anew.
    this.#first = null;
    try {
      const next = await this.#sumUp(now);
      this.#first = earlier(this.#first, next);
    } catch (error) {
      this.#first = earlier(this.#first, first);
      throw error;
    }
  }

  /** Opens a notice, unless nothing is to be counted. Gives when the first was refused that is left for the next one. */
  async #sumUp(now: number): Promise<number | null> {
    const from = Math.max((await this.#findLast())?.facts.to ?? 0, now - latestMs);
    const to = now - writeMs;
    const { counted, next } = await this.#count(from, to);
    if (counted.length > 0) {
      const id = `refusals ${to}`;
      const facts = sumUp(counted, from, to);
      // Nothing more comes to pass in it, so it is closed from the start.
      const opened = { id, facts, card: stir(noCard, now), openedAt: now, closedAt: now };
      await this.#flow.notices.update(id, (known) => known ?? opened);
    }
    return next;
  }

  /** The chains that were refused in the span, and when the first was after it. */
  async #count(from: number, to: number): Promise<{ counted: Chain[]; next: number | null }> {
    const query = { states: ['rejected', ...openStates], isProven: true } as const;
    const counted: Chain[] = [];
    let next: number | null = null;
    for await (const chain of listChains(this.#flow.store, query)) {
      const { refusedAt, trust } = chain;
      // Those that Gangway or a secret has vouched for since are told as all others.
      if (refusedAt === null || trust !== 'none' || refusedAt <= from) continue;
      if (refusedAt <= to) counted.push(chain);
      else next = earlier(next, refusedAt);
    }
    return { counted, next };
  }
}

function sumUp(chains: readonly Chain[], from: number, to: number): RefusalFacts {
  const names = [...new Set(chains.map(({ jobName }) => jobName))].toSorted();
  const jobs = names.slice(0, mostNamedJobs);
  return { kind: 'refusals', from, to, failures: chains.length, jobs, more: names.length - jobs.length };
}

function earlier(one: number | null, other: number | null): number | null {
  if (one === null || other === null) return one ?? other;
  return Math.min(one, other);
}
