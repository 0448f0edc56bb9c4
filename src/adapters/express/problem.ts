import { STATUS_CODES } from 'node:http';
import type { Response, ErrorRequestHandler } from 'express';
import type { FieldProblem } from '../../intake/notification.ts';
import { StoreLoading, StoreUnavailable, TooManyUnproven } from '../../chain/chain-store.ts';
import type { Logger } from '../../logging.ts';

export interface HttpProblem {
  status: number;
  /** A plain sentence, the same for every request of its kind: nothing of a request is in it. */
  detail?: string;
  errors?: readonly FieldProblem[];
  headers?: Record<string, string>;
}

/** Answers with RFC 9457's problem+json. The names of bad fields go into the request's log line too. */
export function sendProblem(response: Response, { status, detail, errors, headers = {} }: HttpProblem): void {
  const title = STATUS_CODES[status] ?? 'Error';
  const body = JSON.stringify({ type: 'about:blank', title, status, detail, errors });
  response.locals['problem'] = { detail, errors };
  const noStore = { 'Cache-Control': 'no-store' };
  response
    .status(status)
    .set({ ...noStore, ...headers })
    .type('application/problem+json');
  // As bytes, because Express adds a charset to text, and this media type has none.
  response.send(Buffer.from(body));
}

const unreadable: Record<number, string> = {
  413: 'The body is over 64 KiB.',
  415: 'The body must not be compressed.',
};

/**
 * Answers what was thrown. Messages of body-parser and of the router quote the request, where a token may be, so
 * only their status is used, and they are not logged.
 */
export function handleError(log: Logger): ErrorRequestHandler {
  return (error: unknown, _request, response, next) => {
    const problem = describeError(error);
    const requestId: unknown = response.locals['requestId'];
    if (problem.status === 500) log.error({ err: error, request_id: requestId }, 'request failed');
    // A stranger can bring the second about, and nobody can do anything about either.
    const passes = error instanceof StoreLoading || error instanceof TooManyUnproven;
    if (problem.status === 503 && !passes)
      log.error({ err: error, request_id: requestId }, 'store unavailable');
    if (response.headersSent) return next(error);
    sendProblem(response, problem);
  };
}

function describeError(error: unknown): HttpProblem {
  if (error instanceof StoreLoading) {
    const detail =
      'The service has just started and is still loading its data. Send the same request again later.';
    return { status: 503, detail, headers: { 'Retry-After': '5' } };
  }
  if (error instanceof TooManyUnproven) {
    const detail = 'Too many failures wait to be looked at. Send the same request again later.';
    return { status: 503, detail, headers: { 'Retry-After': '10' } };
  }
  if (error instanceof StoreUnavailable) {
    const detail = 'Nothing was stored. Send the same request again later.';
    return { status: 503, detail, headers: { 'Retry-After': '30' } };
  }
  const status = readStatus(error);
  if (status === 400)
    return { status, detail: 'The request is not readable: its address or its body is broken.' };
  const detail = unreadable[status];
  return detail === undefined ? { status } : { status, detail };
}

/** The status that an HTTP library gave the error; what brings none is a bug of ours. */
function readStatus(error: unknown): number {
  const status = error instanceof Error && 'status' in error ? error.status : undefined;
  return typeof status === 'number' && status >= 400 && status < 500 ? status : 500;
}
