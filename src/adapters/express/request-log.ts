import { randomUUID } from 'node:crypto';
import { isIP } from 'node:net';
import type { Request, RequestHandler, Response } from 'express';
import type { HttpDeps } from './http-deps.ts';

/** A load balancer asks for these routes all day, so their lines have the level debug. */
const probes = ['/healthcheck', '/readyz'];

/** Logged in place of an address that no route has, because it may contain a secret. */
const noRoute = '(no route)';

/** What a handler adds to the line of its request. */
interface LogFields {
  chain?: string;
  job?: string;
  known?: boolean;
}

export function addLogFields(response: Response, fields: LogFields): void {
  response.locals['fields'] = fields;
}

/**
 * Logs one line a request, with the route in place of its address, and without its body, query and headers. The caller
 * gets the request id too.
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
      const path = routeOf(request);
      const line = {
        request_id: requestId,
        method,
        path,
        status: response.statusCode,
        address,
        ...(response.locals['fields'] as LogFields | undefined),
        ms: clock.now() - startedAt,
        aborted: response.writableFinished ? undefined : true,
        problem: response.locals['problem'] as unknown,
      };
      log[levelOf(path, response.statusCode)](line, 'request');
    });
    next();
  };
}

/** 401 and 429 are warnings, because a wrong setting may lock out all callers. */
function levelOf(path: string, status: number): 'debug' | 'info' | 'warn' {
  if (probes.includes(path)) return 'debug';
  return status === 401 || status === 429 ? 'warn' : 'info';
}

/** The route that handled the request, such as `/api/v1/chains/:id`. The router stores it in the request. */
function routeOf(request: Request): string {
  const route = request.route as { path?: unknown } | undefined;
  return typeof route?.path === 'string' ? route.path : noRoute;
}

/**
 * The address that the outermost trusted proxy saw. If that is not an address, the one of the connection, or `null` if
 * the connection is closed.
 */
export function callerAddress(request: Pick<Request, 'ip' | 'socket'>): string | null {
  const { ip = '' } = request;
  return isIP(ip) === 0 ? (request.socket.remoteAddress ?? null) : ip;
}
