import type { Request, RequestHandler } from 'express';
import { type AugmentedRequest, ipKeyGenerator, rateLimit } from 'express-rate-limit';
import { callerAddress } from './caller-address.ts';
import type { HttpDeps } from './http-deps.ts';
import { sendProblem } from './send-problem.ts';
import { VisitCounter } from './visit-counter.ts';

const windowMs = 60_000;
/** Room for an outage: hundreds of steps notify at once, from the few addresses of their clusters. */
const mostChanges = 1_200;
/** Reading costs little, and whoever waits for a chain asks often. */
const mostReads = 12_000;
const mostCallers = 10_000;
/** What one caller gets of IPv6, in bits. */
const ipv6Subnet = 64;

/** Answers 429, and when to come again, to an address that came more often in a minute than any honest caller does. */
export function limitVisits(deps: Pick<HttpDeps, 'clock'>): RequestHandler[] {
  return [limit(deps, mostChanges, (request) => !isRead(request)), limit(deps, mostReads, isRead)];
}

function isRead({ method }: Request): boolean {
  return method === 'GET' || method === 'HEAD';
}

function limit(
  { clock }: Pick<HttpDeps, 'clock'>,
  most: number,
  counts: (request: Request) => boolean,
): RequestHandler {
  return rateLimit({
    windowMs,
    limit: most,
    skip: (request) => !counts(request),
    store: new VisitCounter({ clock, windowMs, mostCallers }),
    keyGenerator: nameCaller,
    // The library's own headers go by the machine's clock, and its warnings to the console.
    legacyHeaders: false,
    standardHeaders: false,
    validate: false,
    handler: (request, response) => {
      const { resetTime } = (request as AugmentedRequest)['rateLimit'] ?? {};
      const leftMs = resetTime === undefined ? windowMs : resetTime.getTime() - clock.now();
      sendProblem(response, {
        status: 429,
        detail: `More than ${most} requests of this kind a minute came from this address.`,
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
