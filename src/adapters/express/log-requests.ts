import { randomUUID } from 'node:crypto';
import type { Request, RequestHandler, Response } from 'express';
import type { HttpDeps } from './http-deps.ts';

/** Routes that a load balancer asks for all day; their lines are for debugging. */
const probes = ['/healthcheck', '/readyz'];

/** What is logged for an address that no route has: people put secrets into the oddest places. */
const noRoute = '(no route)';

/** What a handler adds to its request's line. */
export interface LineAddition {
  chain?: string;
  job?: string;
  known?: boolean;
  /** Of a caller that came too often. */
  address?: string;
}

export function addToLine(response: Response, addition: LineAddition): void {
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
    response.once('close', () => {
      const path = nameRoute(request);
      const line = {
        request_id: requestId,
        method,
        path,
        status: response.statusCode,
        ...(response.locals['addition'] as LineAddition | undefined),
        ms: clock.now() - startedAt,
        aborted: response.writableFinished ? undefined : true,
        problem: response.locals['problem'] as unknown,
      };
      log[probes.includes(path) ? 'debug' : 'info'](line, 'request');
    });
    next();
  };
}

/** `/api/v1/chains/:id` and the like; the router leaves the route that took the request with it. */
function nameRoute(request: Request): string {
  const route = request.route as { path?: unknown } | undefined;
  return typeof route?.path === 'string' ? route.path : noRoute;
}
