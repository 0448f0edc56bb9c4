import { randomUUID } from 'node:crypto';
import { isIP } from 'node:net';
import type { Request, RequestHandler, Response } from 'express';
import type { HttpDeps } from './http-deps.ts';

/** Routes that a load balancer asks for all day; their lines are for debugging. */
const probes = ['/healthcheck', '/readyz'];

/** What is logged for an address that no route has: people put secrets into the oddest places. */
const noRoute = '(no route)';

/** What a handler adds to its request's line. */
interface LineAddition {
  chain?: string;
  job?: string;
  known?: boolean;
}

export function addLogFields(response: Response, addition: LineAddition): void {
  response.locals['addition'] = addition;
}

/**
 * Logs one line a request, without its body, query or headers, and with the route in place of its address. The
 * request id goes to the caller too.
 */
export function logRequests({ log, clock }: Pick<HttpDeps, 'log' | 'clock'>): RequestHandler {
  return (request, response, next) => {
    const startedAt = clock.now();
    const requestId = randomUUID();
    const { method } = request;
    response.locals['requestId'] = requestId;
    response.set('X-Request-Id', requestId);
    const address = callerAddress(request);
    response.once('close', () => {
      const path = nameRoute(request);
      const line = {
        request_id: requestId,
        method,
        path,
        status: response.statusCode,
        address,
        ...(response.locals['addition'] as LineAddition | undefined),
        ms: clock.now() - startedAt,
        aborted: response.writableFinished ? undefined : true,
        problem: response.locals['problem'] as unknown,
      };
      log[levelOf(path, response.statusCode)](line, 'request');
    });
    next();
  };
}

/** Who is locked out may be all that call: that is for whoever reads the warnings. */
function levelOf(path: string, status: number): 'debug' | 'info' | 'warn' {
  if (probes.includes(path)) return 'debug';
  return status === 401 || status === 429 ? 'warn' : 'info';
}

/** `/api/v1/chains/:id` and the like; the router leaves the route that took the request with it. */
function nameRoute(request: Request): string {
  const route = request.route as { path?: unknown } | undefined;
  return typeof route?.path === 'string' ? route.path : noRoute;
}

/**
 * The address that the load balancer in front saw, or the connection's own; `null` once that is gone. Without one in
 * front a caller can name any address it likes, but no word that is none.
 */
export function callerAddress(request: Pick<Request, 'ip' | 'socket'>): string | null {
  const { ip = '' } = request;
  return isIP(ip) === 0 ? (request.socket.remoteAddress ?? null) : ip;
}
