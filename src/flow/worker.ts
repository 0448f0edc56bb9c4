import type { Chain } from '../chain/chain.ts';
import { nextDelivery } from '../chain/outbox.ts';
import { backOff } from './backoff.ts';
import type { Flow } from './flow.ts';
import { deliverReport } from './deliver-report.ts';
import { lookAtRun } from './look-at-run.ts';
import { isLocked } from './pick-token.ts';
import { reconcileAttempt } from './reconcile-attempt.ts';
import { endsHold, reviewHold } from './review-hold.ts';
import { triggerAttempt } from './trigger-attempt.ts';

const firstWaitMs = 5_000;

type Work = 'task' | 'report';

/** What is to be done for a chain at one time: its state's task, or the delivery of the report that is due first. */
interface Slot {
  cancel: () => void;
  /** Set while it runs; what is planned meanwhile is planned again from the disk once it is done. */
  running: boolean;
  /** The chain changed while it ran. */
  isStale: boolean;
  faults: number;
}

/**
 * Does the chains' work when it is due. Each chain has two lanes, its task and its reports, so that a slow Slack
 * never holds up a trigger; within a lane one thing happens at a time. All state is in the store: a worker that is
 * killed and started again goes on where the disk says.
 */
export class Worker {
  readonly #flow: Flow;
  readonly #slots = new Map<string, Slot>();
  readonly #running = new Set<Promise<void>>();
  #stopped = false;

  constructor(flow: Flow) {
    this.#flow = flow;
  }

  /** Takes up every chain that the store holds open. */
  async start(): Promise<void> {
    const chains = await this.#flow.store.listUnsettled();
    const holds = new Set(
      chains.flatMap(({ state, hold }) =>
        hold !== null && (state === 'held' || !hold.told) ? [hold.key] : [],
      ),
    );
    const locked = chains.filter((chain) => isLocked(this.#flow, chain)).length;
    if (locked > 0) this.#flow.log.error({ chains: locked }, 'no key opens the tokens of some chains');
    for (const chain of chains) this.plan(chain);
    for (const key of holds) this.#review(key);
  }

  /** Plans what the chain wants next; it is called at every change of one. */
  plan(chain: Chain): void {
    if (chain.hold !== null && endsHold(chain)) this.#review(chain.hold.key, chain);
    this.#planAt('task', chain.id, chain.wakeAt);
    this.#planAt('report', chain.id, nextDelivery(chain)?.recipient.nextTryAt ?? null);
  }

  /** Begins nothing more, and resolves once what is in hand is done. */
  async stop(): Promise<void> {
    this.#stopped = true;
    for (const slot of this.#slots.values()) slot.cancel();
    await this.idle();
  }

  /** Resolves when nothing is being done. */
  async idle(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running);
  }

  /** Where it fails, those that wait review their hold when it is over. */
  #review(key: string, ended: Chain | null = null): void {
    if (this.#stopped) return;
    const done = reviewHold(this.#flow, key, ended)
      .catch((error: unknown) => this.#flow.log.error({ key, err: error }, 'review of a hold failed'))
      .finally(() => this.#running.delete(done));
    this.#running.add(done);
  }

  #planAt(work: Work, id: string, when: number | null): void {
    const key = `${work} ${id}`;
    const slot = this.#slots.get(key) ?? { cancel: () => {}, running: false, isStale: false, faults: 0 };
    if (slot.running) {
      slot.isStale = true;
      return;
    }
    slot.cancel();
    if (when === null || this.#stopped) {
      this.#slots.delete(key);
      return;
    }
    slot.cancel = this.#flow.clock.at(when, () => this.#run(work, id, slot));
    this.#slots.set(key, slot);
  }

  #run(work: Work, id: string, slot: Slot): void {
    slot.running = true;
    const done = this.#perform(work, id, slot).finally(() => this.#running.delete(done));
    this.#running.add(done);
  }

  async #perform(work: Work, id: string, slot: Slot): Promise<void> {
    const { store, clock, log } = this.#flow;
    let again: number | null = null;
    try {
      const chain = await store.get(id);
      if (chain !== null) await (work === 'task' ? this.#doTask(chain) : deliverReport(this.#flow, chain));
      slot.faults = 0;
    } catch (error) {
      // Nothing was lost: the store still holds the chain as it was before.
      again = clock.now() + backOff(firstWaitMs, slot.faults);
      slot.faults += 1;
      // Once we stop, work that waits for its turn is sent away; the next start takes it up.
      if (this.#stopped) log.debug({ chain: id, work }, 'work left for the next start');
      else log.error({ chain: id, work, err: error }, 'work failed and is done again');
    }
    const chain = again === null ? await this.#readSettled(id, slot) : null;
    slot.running = false;
    if (chain !== null) this.plan(chain);
    else if (again !== null || slot.faults > 0) this.#planAt(work, id, again ?? this.#laterFor(slot));
  }

  #laterFor({ faults }: Slot): number {
    return this.#flow.clock.now() + backOff(firstWaitMs, faults);
  }

  /** The chain as it is on disk, read again if it changed meanwhile; `null`: it is gone, or can't be read. */
  async #readSettled(id: string, slot: Slot): Promise<Chain | null> {
    try {
      let chain: Chain | null;
      do {
        slot.isStale = false;
        chain = await this.#flow.store.get(id);
      } while (slot.isStale);
      return chain;
    } catch (error) {
      this.#flow.log.error({ chain: id, err: error }, 'chain could not be read');
      slot.faults += 1;
      return null;
    }
  }

  async #doTask(chain: Chain): Promise<void> {
    if (chain.wakeAt === null || chain.wakeAt > this.#flow.clock.now()) return;
    switch (chain.state) {
      case 'judging':
      case 'following':
        return lookAtRun(this.#flow, chain);
      case 'scheduled':
        return triggerAttempt(this.#flow, chain);
      case 'triggering':
        return reconcileAttempt(this.#flow, chain);
      case 'held':
        return chain.hold === null ? undefined : reviewHold(this.#flow, chain.hold.key);
      case 'passed':
      case 'exhausted':
      case 'skipped':
      case 'rejected':
      case 'needs-human':
        return undefined;
    }
  }
}
