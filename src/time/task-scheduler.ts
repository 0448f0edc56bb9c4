import { backOff } from './duration.ts';
import type { Clock } from './clock.ts';

const firstWaitMs = 5_000;

/** What is to be done under one key. */
interface Slot {
  cancel: () => void;
  /** Set while it runs; what is planned meanwhile is planned again from the disk once it is done. */
  running: boolean;
  /** Something was planned while it ran. */
  isStale: boolean;
  faults: number;
}

interface Agent {
  clock: Clock;
  /** Plans anew from the disk what is due under the key: reads now, and plans when what it gives is called. */
  look: (key: string) => Promise<() => void>;
  /** The work failed, or what is due next could not be read; it is done again. */
  onFault: (key: string, error: unknown) => void;
}

/**
 * Does work when it is due, under each key one thing at a time. It keeps no state of its own: what comes next is read
 * from the disk after each piece of work, and work that failed is done again after a while.
 */
export class TaskScheduler {
  readonly #agent: Agent;
  readonly #slots = new Map<string, Slot>();
  readonly #running = new Set<Promise<void>>();
  #stopped = false;

  constructor(agent: Agent) {
    this.#agent = agent;
  }

  /** Pieces of work that are begun and not done. */
  get inHand(): number {
    return this.#running.size;
  }

  get isStopped(): boolean {
    return this.#stopped;
  }

  /** Plans the work for `when` (ms since the epoch), in place of what was planned under the key; `null`: none. */
  plan(key: string, when: number | null, work: () => Promise<void>): void {
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
    slot.cancel = this.#agent.clock.at(when, () => this.#run(key, slot, work));
    this.#slots.set(key, slot);
  }

  /** Does the work beside all that is planned, at once. */
  begin(work: Promise<void>): void {
    const done = work.finally(() => this.#running.delete(done));
    this.#running.add(done);
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

  #run(key: string, slot: Slot, work: () => Promise<void>): void {
    slot.running = true;
    this.begin(this.#perform(key, slot, work));
  }

  async #perform(key: string, slot: Slot, work: () => Promise<void>): Promise<void> {
    try {
      await work();
      let planNext: () => void;
      do {
        slot.isStale = false;
        planNext = await this.#agent.look(key);
      } while (slot.isStale);
      // Nothing is awaited from here on: whatever is planned now finds the slot free.
      this.#slots.delete(key);
      planNext();
    } catch (error) {
      this.#agent.onFault(key, error);
      slot.running = false;
      // Nothing was lost: the store still holds all as it was before.
      this.plan(key, this.#agent.clock.now() + backOff(firstWaitMs, slot.faults), work);
      slot.faults += 1;
    }
  }
}
