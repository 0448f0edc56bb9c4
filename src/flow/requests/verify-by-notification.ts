import type { Chain } from '../../chain/chain.ts';
import { raiseTrust, isProven } from '../../chain/proof.ts';
import { enqueueVerification } from '../../chain/outbox.ts';
import { type Check, fail, pass, composeVerification, hasFailed } from '../../report/verification.ts';
import type { Flow } from '../flow.ts';
import { pickToken } from '../gangway/ask-gangway.ts';
import {
  checkBuckets,
  checkServiceHealth,
  checkDoor,
  checkGangway,
  type ServiceHealth,
  type TokenToCheck,
  pocJob,
} from './verify-deployment.ts';

/** The deployment that is to be proved. */
export interface Deployment {
  gangwayUrl: string;
  /** Where the buckets answer, for words. */
  gcsUrl: string;
  version: string;
  condition: () => Promise<ServiceHealth>;
  /** `RETRIGGER_PUBLIC_URL`; `null`: it is unset. */
  publicUrl: string | null;
  /** No webhook secret is set, so anyone can send notifications. */
  isOpen: boolean;
}

/** The service checks itself and reports the result to all listeners of the chain. It never rejects. */
export async function verifyByNotification(flow: Flow, chain: Chain, deployment: Deployment): Promise<void> {
  const { store, clock, log } = flow;
  const { version, publicUrl } = deployment;
  try {
    const checks = await checkAll(flow, chain, deployment);
    const now = clock.now();
    const verified = { version, publicAddress: publicUrl, at: now, by: 'notification' } as const;
    const message = composeVerification(checks, verified);
    // The check may have shown Gangway a token that nobody knew.
    const isTaken = pickToken(flow, chain)?.caller.isKnown === true;
    await store.update(chain.id, (known) =>
      enqueueVerification(isTaken ? raiseTrust(known, 'token') : known, chain, message, now),
    );
    // If the token is not taken, our own channels are not told, so the log says what failed.
    const failed = checks.filter(({ result }) => result === 'failed').map(({ name }) => name);
    log.info({ chain: chain.id, ok: !hasFailed(checks), failed }, 'deployment verified');
  } catch (error) {
    log.warn({ chain: chain.id, err: error }, 'deployment could not be verified');
  }
}

async function checkAll(
  flow: Flow,
  chain: Chain,
  { gangwayUrl, gcsUrl, condition, isOpen }: Deployment,
): Promise<Check[]> {
  const all = await Promise.all([
    checkGangway(flow.api, gangwayUrl, findToken(flow, chain)),
    checkBuckets(flow.source, gcsUrl),
    condition().then((told) => checkServiceHealth('the service itself', told)),
    checkBoard(flow),
  ]);
  return [...all.flat(), checkDoor(isOpen)];
}

/** The token by which the chain's attempt would be made. */
function findToken(flow: Flow, chain: Chain): TokenToCheck | null {
  const picked = pickToken(flow, chain);
  if (picked === null) return null;
  const isOwn = picked.kept.kind === 'own';
  return {
    caller: picked.caller,
    says: isOwn ? "the service's own token" : 'the token that the notification brought',
  };
}

async function checkBoard({ publisher }: Flow): Promise<Check[]> {
  if (publisher === null) return [];
  const { ok, says } = await publisher.check();
  return [ok ? pass('slack app', says) : fail('slack app', says)];
}

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
