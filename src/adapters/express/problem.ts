import { STATUS_CODES } from 'node:http';
import type { Response, ErrorRequestHandler } from 'express';
import type { FieldProblem } from '../../intake/notification.ts';
import { StoreLoading, StoreUnavailable, TooManyUnproven } from '../../chain/chain-store.ts';
import type { Logger } from '../../logging.ts';

export interface HttpProblem {
  status: number;
  /** A sentence that is the same for every request of its kind. It repeats nothing of the request. */
  detail?: string;
  errors?: readonly FieldProblem[];
  headers?: Record<string, string>;
}

/** Answers with problem+json (RFC 9457). The request's log line gets the names of the bad fields too. */
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

const bodyDetails: Record<number, string> = {
  413: 'The body is over 64 KiB.',
  415: 'The body must not be compressed.',
};

/**
 * Answers an error that was thrown. Messages of body-parser and of the router quote the request, in which a token may be,
 * so only their status is used and they are not logged.
 */
export function handleError(log: Logger): ErrorRequestHandler {
  return (error: unknown, _request, response, next) => {
    const problem = describeError(error);
    const requestId: unknown = response.locals['requestId'];
    if (problem.status === 500) log.error({ err: error, request_id: requestId }, 'request failed');
    // Both pass by themselves, and a stranger can cause the second one.
    const isTemporary = error instanceof StoreLoading || error instanceof TooManyUnproven;
    if (problem.status === 503 && !isTemporary)
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
  const detail = bodyDetails[status];
  return detail === undefined ? { status } : { status, detail };
}

/** The status that an HTTP library gave the error. An error without one is a bug of ours. */
function readStatus(error: unknown): number {
  const status = error instanceof Error && 'status' in error ? error.status : undefined;
  return typeof status === 'number' && status >= 400 && status < 500 ? status : 500;
}
