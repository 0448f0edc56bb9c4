import { markStale, newCard } from '../../notice/card-state.ts';
import { listChains } from '../../chain/chain-store.ts';
import type { Chain } from '../../chain/chain.ts';
import { openStates } from '../../chain/transitions.ts';
import { isRefusals, maxNamedJobs, type RefusalFacts, type RefusalNotice } from '../../notice/notice.ts';
import { TaskScheduler } from '../../time/task-scheduler.ts';
import { pickErrorsChannel } from '../deliver/recipients.ts';
import type { Flow } from '../flow.ts';

const minuteMs = 60_000;
/** Most refusals come in bursts. */
const gatherMs = 5 * minuteMs;
/** Minimum milliseconds between two summaries. */
const betweenMs = 60 * minuteMs;
/** A refusal that is being written now is on disk after this time, so no summary misses it. */
const writeMs = minuteMs;
/** Older refusals are left out, for example after the service was down for long. */
const maxAgeMs = 7 * 24 * 60 * minuteMs;

const key = 'refusals';

/**
 * Sums up the failures whose tokens Gangway rejected and that our channels got no message about, in at most one notice an
 * hour. The time of each rejection is on disk, and so is the time up to which the last notice counts: a restart neither
 * repeats nor loses a notice.
 */
export class RefusalWatch {
  readonly #flow: Flow;
  readonly #agenda: TaskScheduler;
  /** Time of the first refusal that no notice counts yet, as far as we know (ms since the epoch). */
  #first: number | null = null;
  #gatherMs = gatherMs;

  constructor(flow: Flow) {
    this.#flow = flow;
    this.#agenda = new TaskScheduler({
      clock: flow.clock,
      look: async () => {
        const due = await this.#findDue();
        return () => this.#plan(due);
      },
      onFault: (_, err) => {
        if (!this.#agenda.isStopped) flow.log.error({ err }, 'summary of rejected tokens not recorded');
      },
    });
  }

  /** Takes up what an earlier process left, at once: a service that often restarts must send its summaries, too. */
  start(): void {
    this.#gatherMs = 0;
    this.#await(this.#flow.clock.now());
  }

  /** Call it at every change of a chain. */
  see({ refusedAt, trust }: Chain): void {
    if (refusedAt !== null && trust === 'none') this.#await(refusedAt);
  }

  /** Starts nothing more, and resolves when the current work is done. */
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
    // A chain changed that an earlier notice counts.
    if (last !== null && first <= last.facts.to) {
      this.#first = null;
      return null;
    }
    return Math.max(first + this.#gatherMs, (last?.openedAt ?? -Infinity) + betweenMs);
  }

  async #findLast(): Promise<RefusalNotice | null> {
    return (await this.#flow.notices.list()).filter(isRefusals).at(-1) ?? null;
  }

  async #settle(): Promise<void> {
    const due = await this.#findDue();
    const now = this.#flow.clock.now();
    if (due === null || due > now) return;
    const first = this.#first;
    this.#gatherMs = gatherMs;
    // A refusal from here on may come too late for this count, so it is waited for again.
    this.#first = null;
    try {
      const next = await this.#sumUp(now);
      this.#first = earlier(this.#first, next);
    } catch (error) {
      this.#first = earlier(this.#first, first);
      throw error;
    }
  }

  /** Opens a notice if there is anything to count. Returns the time of the first refusal that is left for the next notice. */
  async #sumUp(now: number): Promise<number | null> {
    const from = Math.max((await this.#findLast())?.facts.to ?? 0, now - maxAgeMs);
    const to = now - writeMs;
    const { counted, next } = await this.#count(from, to);
    if (counted.length > 0) {
      const id = `refusals ${to}`;
      const facts = sumUp(counted, from, to);
      // It never changes, so it is closed from the start.
      const opened = { id, facts, card: markStale(newCard, now), openedAt: now, closedAt: now };
      await this.#flow.notices.update(id, (known) => known ?? opened);
    }
    return next;
  }

  /** The chains that were refused in this time span, and the time of the first refusal after it. */
  async #count(from: number, to: number): Promise<{ counted: Chain[]; next: number | null }> {
    const query = { states: ['rejected', ...openStates], isProven: true } as const;
    const counted: Chain[] = [];
    let next: number | null = null;
    for await (const chain of listChains(this.#flow.store, query)) {
      const { refusedAt, trust } = chain;
      // A chain that became trusted since then gets its own messages.
      if (refusedAt === null || trust !== 'none' || refusedAt <= from) continue;
      if (refusedAt <= to) counted.push(chain);
      else next = earlier(next, refusedAt);
    }
    return { counted, next };
  }
}

function sumUp(chains: readonly Chain[], from: number, to: number): RefusalFacts {
  const names = [...new Set(chains.map(({ jobName }) => jobName))].toSorted();
  const jobs = names.slice(0, maxNamedJobs);
  return { kind: 'refusals', from, to, failures: chains.length, jobs, more: names.length - jobs.length };
}

function earlier(one: number | null, other: number | null): number | null {
  if (one === null || other === null) return one ?? other;
  return Math.min(one, other);
}
