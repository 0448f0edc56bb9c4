import type { Chain } from '../../chain/chain.ts';
import { isProven } from '../../chain/proof.ts';
import type { Flow } from '../flow.ts';
import { type Deployment, verifyByNotification } from './verify-by-notification.ts';
import { pocJob } from './verify-deployment.ts';

/** Minimum milliseconds between the starts of two verifications. */
const paceMs = 60_000;
const maxWaiting = 10;

/** In milliseconds: after a start, older verifications are not resumed. */
const maxAgeMs = 24 * 60 * 60_000;
const maxTakenUp = 10;

interface Parts {
  flow: Flow;
  deployment: Deployment;
  /** Registers work that a stop must wait for. */
  attend: (work: Promise<void>) => void;
}

/**
 * Verifies the deployment once for each proven chain of the job that exists for that. Anyone can send notifications, so one
 * verification runs at a time, at most one starts per minute, and few wait.
 */
export class Verifications {
  readonly #parts: Parts;
  readonly #waiting = new Map<string, Chain>();
  /** The chain for which the deployment is being verified. */
  #current: string | null = null;
  /** When the last verification began, ms since the epoch; `null`: there was none. */
  #begunAt: number | null = null;
  #cancelTimer: () => void = () => {};
  #isStopped = false;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Resumes what an earlier process left undone. */
  async start(): Promise<void> {
    const { store, clock } = this.#parts.flow;
    const page = await store.page({ matchesJob: (name) => name === pocJob, limit: maxTakenUp });
    const since = clock.now() - maxAgeMs;
    for (const chain of page.chains.toReversed()) {
      if (chain.createdAt >= since) this.verifyWhenProven(chain);
    }
  }

  /** Call it at every change of a chain. */
  verifyWhenProven(chain: Chain): void {
    if (this.#isStopped || chain.jobName !== pocJob || chain.isVerified || !isProven(chain)) return;
    if (chain.id === this.#current) return;
    if (!this.#waiting.has(chain.id) && this.#waiting.size >= maxWaiting) {
      this.#parts.flow.log.warn({ chain: chain.id, waiting: maxWaiting }, 'verification dropped');
      return;
    }
    this.#waiting.set(chain.id, chain);
    this.#beginNext();
  }

  /** Starts no more verifications. */
  stop(): void {
    this.#isStopped = true;
    this.#cancelTimer();
  }

  #beginNext(): void {
    this.#cancelTimer();
    const [next] = this.#waiting.values();
    if (next === undefined || this.#current !== null || this.#isStopped) return;
    const { flow, deployment, attend } = this.#parts;
    const leftMs = this.#msLeft();
    if (leftMs > 0) {
      this.#cancelTimer = flow.clock.at(flow.clock.now() + leftMs, () => this.#beginNext());
      return;
    }
    this.#waiting.delete(next.id);
    this.#current = next.id;
    this.#begunAt = flow.clock.now();
    const end = (): void => {
      this.#current = null;
      this.#beginNext();
    };
    attend(verifyByNotification(flow, next, deployment).then(end));
  }

  /** If the clock was set back, there is no wait. */
  #msLeft(): number {
    if (this.#begunAt === null) return 0;
    const passedMs = this.#parts.flow.clock.now() - this.#begunAt;
    return passedMs < 0 ? 0 : Math.max(0, paceMs - passedMs);
  }
}
