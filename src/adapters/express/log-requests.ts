import { randomUUID } from 'node:crypto';
import type { RequestHandler } from 'express';
import type { HttpDeps } from './http-deps.ts';

/** Routes that a load balancer asks for all day; their lines are for debugging. */
const probes = ['/healthcheck', '/readyz'];

/** Logs one line a request, without its body, query or headers. The request id goes to the caller too. */
export function logRequests({ log, clock }: Pick<HttpDeps, 'log' | 'clock'>): RequestHandler {
  return (request, response, next) => {
    const startedAt = clock.now();
    const requestId = randomUUID();
    const { method, path } = request;
    response.locals['requestId'] = requestId;
    response.set('X-Request-Id', requestId);
    response.once('close', () => {
      const line = {
        request_id: requestId,
        method,
        path,
        status: response.statusCode,
        ms: clock.now() - startedAt,
        aborted: response.writableFinished ? undefined : true,
        problem: response.locals['problem'] as unknown,
      };
      log[probes.includes(path) ? 'debug' : 'info'](line, 'request');
    });
    next();
  };
}
