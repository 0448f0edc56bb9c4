import { STATUS_CODES } from 'node:http';
import type { Response } from 'express';
import type { FieldProblem } from '../../intake/read-notification.ts';

export interface Problem {
  status: number;
  /** A plain sentence, the same for every request of its kind: nothing of a request is in it. */
  detail?: string;
  errors?: readonly FieldProblem[];
  headers?: Record<string, string>;
}

/** Answers with RFC 9457's problem+json. The names of bad fields go into the request's log line too. */
export function sendProblem(response: Response, { status, detail, errors, headers = {} }: Problem): void {
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
