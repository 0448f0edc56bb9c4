import { isSettled, nextCardStep, nextDelivery } from '../chain/outbox.ts';
import { type Chain, holdOf, isOpen, wakeAtOf } from '../chain/chain.ts';
import { isListed, isProven } from '../chain/proof.ts';
import { TaskScheduler } from '../time/task-scheduler.ts';
import type { Flow } from './flow.ts';
import { deliverReport } from './deliver/deliver-report.ts';
import { checkRun } from './observe/check-run.ts';
import { createPool } from '../time/work-pool.ts';
import { addLateLabels } from './observe/labels.ts';
import { isLocked } from './gangway/ask-gangway.ts';
import { reconcileAttempt } from './attempt/reconcile-attempt.ts';
import { endsHold, reviewHold } from './outage/review-hold.ts';
import { CardWriter } from './deliver/card-writer.ts';
import { updateCard } from './deliver/update-card.ts';
import { triggerAttempt } from './attempt/trigger-attempt.ts';

/** What is to be done for a chain at one time: its state's task, the report that is due first, or its card. */
const works = ['task', 'report', 'card'] as const;
type Work = (typeof works)[number];

/** Unproven runs that are checked at the same time. Each check takes some requests, and other work needs the bucket's connections, too. */
const unprovenWidth = 8;

/** When each kind of work is due for a chain (ms since the epoch); `null`: there is none. */
interface Wants extends Record<Work, number | null> {
  /** The chain itself, if it is a canary whose end decides about the chains that wait for it. */
  canary: Chain | null;
}

/**
 * Does the chains' work when it is due. Each chain has three lanes, its task, its reports and its card, so that a slow
 * Slack never holds up a trigger; within a lane one thing happens at a time. All state is in the store: a worker that is
 * killed and started again goes on where the disk says.
 */
export class ChainWorker {
  readonly #flow: Flow;
  /** `null`: no Slack app is set. */
  readonly #cards: CardWriter | null;
  readonly #agenda: TaskScheduler;
  readonly #pool = createPool(unprovenWidth);
  /** The wants of chains that were loaded before the start; `null`: the worker has started. */
  #waiting: Map<string, Wants> | null = null;
  /** Keys of outages to review at the start. */
  readonly #holds = new Set<string>();
  /** Number of chains whose tokens no key opens. */
  #locked = 0;

  constructor(flow: Flow) {
    this.#flow = flow;
    this.#cards = flow.publisher && new CardWriter(flow.publisher);
    this.#agenda = new TaskScheduler({
      clock: flow.clock,
      look: (key) => this.#look(key),
      onFault: (key, error) => this.#logFault(key, error),
    });
  }

  /** Until the start, it only notes what chains want, because the store is still loading. */
  wait(): void {
    this.#waiting ??= new Map();
  }

  /** Takes over a chain that the store has loaded. */
  takeUp(chain: Chain): void {
    if (isSettled(chain)) return;
    const hold = holdOf(chain);
    if (hold !== null && (chain.state === 'held' || !hold.announced)) this.#holds.add(hold.key);
    if (isLocked(this.#flow, chain)) this.#locked += 1;
    this.plan(chain);
  }

  /** Starts with the noted work, once all chains are loaded. */
  start(): void {
    if (this.#locked > 0)
      this.#flow.log.error({ chains: this.#locked }, 'no key opens the tokens of some chains');
    const waiting = this.#waiting ?? new Map<string, Wants>();
    this.#waiting = null;
    for (const [id, wants] of waiting) this.#planAll(id, wants);
    for (const key of this.#holds) this.#review(key);
    this.#holds.clear();
  }

  /** Plans what the chain wants next; it is called at every change of one. */
  plan(chain: Chain): void {
    this.#flow.firstChecks.see(chain);
    const wants = wantsOf(chain);
    if (this.#waiting === null) this.#planAll(chain.id, wants);
    else this.#waiting.set(chain.id, wants);
  }

  /** Unproven chains were dropped: their work is cancelled. */
  forget(ids: readonly string[]): void {
    this.#flow.log.debug({ chains: ids }, 'unproven chains forgotten');
    this.#flow.firstChecks.forget(ids);
    for (const id of ids) this.#waiting?.delete(id);
    for (const id of ids) for (const work of works) this.#agenda.plan(`${work} ${id}`, null, noWork);
  }

  /** Begins nothing more, and resolves once what is in hand is done. */
  stop(): Promise<void> {
    return this.#agenda.stop();
  }

  /** Counts work that no chain plans as in hand until it is done; it must not reject. */
  attend(work: Promise<void>): void {
    this.#agenda.begin(work);
  }

  get inHand(): number {
    return this.#agenda.inHand;
  }

  /** Resolves when nothing is being done. */
  idle(): Promise<void> {
    return this.#agenda.idle();
  }

  /** Where it fails, those that wait review their hold when it is over. */
  #review(key: string, ended: Chain | null = null): void {
    if (this.#agenda.isStopped) return;
    this.#agenda.begin(
      reviewHold(this.#flow, key, ended).catch((error: unknown) =>
        this.#flow.log.error({ key, err: error }, 'review of a hold failed'),
      ),
    );
  }

  #planAll(id: string, { canary, ...times }: Wants): void {
    if (canary?.canaryOf != null) this.#review(canary.canaryOf.key, canary);
    for (const work of works) this.#planAt(work, id, times[work]);
  }

  #planAt(work: Work, id: string, when: number | null): void {
    this.#agenda.plan(`${work} ${id}`, when, () => this.#do(work, id));
  }

  async #do(work: Work, id: string): Promise<void> {
    const chain = await this.#flow.store.get(id);
    if (chain === null) return this.#flow.firstChecks.forget([id]);
    if (work === 'task') return isProven(chain) ? this.#doTask(chain) : this.#lookInTurn(chain);
    if (work === 'report') return deliverReport(this.#flow, chain);
    await updateCard(this.#flow, this.#cards, chain);
  }

  /**
   * Runs that the bucket shows and runs that were never checked take turns, because true failures are among both. Runs
   * whose last check found nothing come after them.
   */
  async #lookInTurn(chain: Chain): Promise<void> {
    const lane = isListed(chain) ? 'first' : chain.tries === 0 ? 'next' : 'rest';
    await this.#pool(async () => {
      if (this.#agenda.isStopped) return;
      const known = await this.#flow.store.get(chain.id);
      if (known !== null) await this.#doTask(known);
    }, lane);
  }

  async #look(key: string): Promise<() => void> {
    const [, id = ''] = key.split(' ');
    const chain = await this.#flow.store.get(id);
    return () => chain !== null && this.plan(chain);
  }

  #logFault(key: string, error: unknown): void {
    const [work, chain] = key.split(' ');
    const { log } = this.#flow;
    // Once we stop, work that waits for its turn is sent away; the next start takes it up.
    if (this.#agenda.isStopped) log.debug({ chain, work }, 'work left for the next start');
    else log.error({ chain, work, err: error }, 'work failed and is done again');
  }

  async #doTask(chain: Chain): Promise<void> {
    if (!isOpen(chain) || chain.wakeAt > this.#flow.clock.now()) return;
    switch (chain.state) {
      case 'judging':
      case 'following':
        return checkRun(this.#flow, chain);
      case 'scheduled': {
        const noted = await addLateLabels(this.#flow, chain);
        return noted === null ? undefined : triggerAttempt(this.#flow, noted);
      }
      case 'triggering':
        return reconcileAttempt(this.#flow, chain);
      case 'held':
        return reviewHold(this.#flow, chain.hold.key);
    }
  }
}

async function noWork(): Promise<void> {}

function wantsOf(chain: Chain): Wants {
  return {
    task: wakeAtOf(chain),
    report: nextDelivery(chain)?.recipient.nextTryAt ?? null,
    card: nextCardStep(chain)?.at ?? null,
    canary: endsHold(chain) ? chain : null,
  };
}
