import type { Request, RequestHandler } from 'express';
import {
  type AugmentedRequest,
  ipKeyGenerator,
  rateLimit,
  type ClientRateLimitInfo,
  type Store,
} from 'express-rate-limit';
import { formatDuration } from '../../time/duration.ts';
import { callerAddress } from './request-log.ts';
import type { HttpDeps } from './http-deps.ts';
import { sendProblem } from './problem.ts';

const minuteMs = 60_000;
const maxChanges = 1_200;
/** Reading costs little, and callers that wait for a chain ask often. */
const maxReads = 12_000;
const maxCallers = 10_000;
/** What one caller gets of IPv6, in bits. */
const ipv6Subnet = 64;

type Limiting = Pick<HttpDeps, 'clock'>;

interface Limit {
  calls: number;
  perMs: number;
  skip?: (request: Request) => boolean;
}

/** Answers 429, and when to come again, to an address that came more often in a minute than any honest caller does. */
export function limitRequests(deps: Limiting): RequestHandler[] {
  return [
    limit(deps, { calls: maxChanges, perMs: minuteMs, skip: isRead }),
    limit(deps, { calls: maxReads, perMs: minuteMs, skip: (request) => !isRead(request) }),
  ];
}

/** The same for notifications without the webhook secret. */
export function limitNotifications(deps: Limiting & Pick<HttpDeps, 'config'>): RequestHandler {
  const rate = deps.config.notificationRate;
  return rate === null ? (_request, _response, next) => next() : limit(deps, rate);
}

function isRead({ method }: Request): boolean {
  return method === 'GET' || method === 'HEAD';
}

function limit({ clock }: Limiting, { calls, perMs, skip = () => false }: Limit): RequestHandler {
  return rateLimit({
    windowMs: perMs,
    limit: calls,
    skip,
    store: new WindowCounter({ clock, windowMs: perMs, maxCallers }),
    keyGenerator: nameCaller,
    // The library's own headers go by the machine's clock, and its warnings to the console.
    legacyHeaders: false,
    standardHeaders: false,
    validate: false,
    handler: (request, response) => {
      const { resetTime } = (request as AugmentedRequest)['rateLimit'] ?? {};
      const leftMs = resetTime === undefined ? perMs : resetTime.getTime() - clock.now();
      sendProblem(response, {
        status: 429,
        detail: `This address sent more than ${calls} requests of this kind within ${formatDuration(perMs)}.`,
        headers: { 'Retry-After': String(Math.max(1, Math.ceil(leftMs / 1_000))) },
      });
    },
  });
}

/** Of IPv6 a caller is a whole subnet. */
function nameCaller(request: Request): string {
  const address = callerAddress(request);
  return address === null ? 'gone' : ipKeyGenerator(address, ipv6Subnet);
}

interface Window {
  /** By `Clock.elapsed`. */
  startedAt: number;
  visits: number;
}

interface Limits {
  clock: HttpDeps['clock'];
  windowMs: number;
  /** Callers that are remembered. If there are more, those with the oldest windows are forgotten. */
  maxCallers: number;
}

/** Counts the visits of each caller within its window, which begins with its first visit. */
export class WindowCounter implements Store {
  /** In the order in which they began. */
  readonly #windows = new Map<string, Window>();
  readonly #limits: Limits;

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  increment(caller: string): ClientRateLimitInfo {
    const window = this.#find(caller) ?? this.#open(caller);
    window.visits += 1;
    const { clock, windowMs } = this.#limits;
    const leftMs = window.startedAt + windowMs - clock.elapsed();
    return { totalHits: window.visits, resetTime: new Date(clock.now() + leftMs) };
  }

  decrement(caller: string): void {
    const window = this.#find(caller);
    if (window !== undefined) window.visits = Math.max(0, window.visits - 1);
  }

  resetKey(caller: string): void {
    this.#windows.delete(caller);
  }

  /** How many callers are remembered. */
  get size(): number {
    return this.#windows.size;
  }

  #find(caller: string): Window | undefined {
    const window = this.#windows.get(caller);
    return window !== undefined && this.#isRunning(window) ? window : undefined;
  }

  /** Makes room first, so that the memory has an end whatever comes. */
  #open(caller: string): Window {
    this.#windows.delete(caller);
    for (const [other, window] of this.#windows) {
      if (this.#isRunning(window) && this.#windows.size < this.#limits.maxCallers) break;
      this.#windows.delete(other);
    }
    const window = { startedAt: this.#limits.clock.elapsed(), visits: 0 };
    this.#windows.set(caller, window);
    return window;
  }

  #isRunning({ startedAt }: Window): boolean {
    return this.#limits.clock.elapsed() - startedAt < this.#limits.windowMs;
  }
}
