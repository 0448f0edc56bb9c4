import { type Reply, replyWith, reset } from '../wire.ts';

export interface ApiFault {
  /** Only calls of this method; `response_url` is what is sent to such an address. By default any. */
  method?: string;
  /** The status to answer, 200 by default; `drop-before` resets at once, `drop-after` carries it out first. */
  status?: number | 'drop-before' | 'drop-after';
  /** By default Slack's own for the status. */
  error?: string;
  /** Seconds; 30 by default for 429. */
  retryAfter?: number;
  /** So many calls meet it; 1 by default. */
  times?: number;
}

const usualErrors: Record<number, string> = {
  200: 'fatal_error',
  429: 'ratelimited',
  500: 'internal_error',
  503: 'service_unavailable',
};

/** The answer of a fault that is none of the drops. */
export function faultBody(fault: ApiFault, status: number): { ok: false; error: string } {
  return { ok: false, error: fault.error ?? usualErrors[status] ?? 'fatal_error' };
}

export function faultReply(fault: ApiFault): Reply {
  if (typeof fault.status === 'string') return reset;
  const status = fault.status ?? 200;
  const retryAfter = fault.retryAfter ?? (status === 429 ? 30 : null);
  return jsonReply(status, faultBody(fault, status), retryAfter);
}

export function jsonReply(status: number, body: unknown, retryAfter: number | null = null): Reply {
  const wait = retryAfter === null ? {} : { 'retry-after': String(retryAfter) };
  return replyWith(
    status,
    { 'content-type': 'application/json; charset=utf-8', ...wait },
    JSON.stringify(body),
  );
}
