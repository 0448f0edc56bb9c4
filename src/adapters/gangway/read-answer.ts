import type { HttpOutcome, HttpResponse } from '../../http.ts';
import type { Secret } from '../../secret.ts';
import type { NotNow, Refusal } from '../../trigger/execution-api.ts';

/** What was asked: an answer means another thing to a POST, and might repeat the token. */
export interface Asked {
  method: 'GET' | 'POST';
  token: Secret;
}

/** What a call to Gangway came to, before the meaning of its body. */
export type Answer =
  | { kind: 'ok'; body: unknown }
  /** Only to a GET: Prow has no such run. */
  | { kind: 'gone' }
  /** Nobody serves this address; nothing was done. */
  | { kind: 'no-route' }
  | Refusal
  /** Certainly nothing was done; another try can help. */
  | ({ kind: 'not-done' } & NotNow)
  | { kind: 'unclear'; says: string; retryAfterMs: number | null };

const maxBodyBytes = 4 * 1024 * 1024;

/**
 * Reads an answer by status, `grpc-status` and `grpc-message` together: the status alone does not tell a collected
 * run or an unknown job from a fault of the server, nor a bad token from a tenant's refusal (PROW.md, 1 and 5).
 */
export async function readAnswer(outcome: HttpOutcome, asked: Asked): Promise<Answer> {
  if (outcome.kind === 'not-sent') {
    return { kind: 'not-done', says: `Gangway could not be reached (${outcome.why})`, retryAfterMs: null };
  }
  if (outcome.kind === 'broken') {
    return { kind: 'unclear', says: `Gangway's answer never came (${outcome.why})`, retryAfterMs: null };
  }
  let text = '';
  try {
    text = await outcome.text(maxBodyBytes);
  } catch {
    return { kind: 'unclear', says: "Gangway's answer broke off", retryAfterMs: null };
  }
  if (outcome.status === 200) return readBody(text);
  return readFailure(outcome, text, asked);
}

function readBody(text: string): Answer {
  try {
    const body = JSON.parse(text) as unknown;
    if (typeof body === 'object' && body !== null && !Array.isArray(body)) return { kind: 'ok', body };
  } catch {
    // Said below.
  }
  return {
    kind: 'unclear',
    says: 'Gangway answered 200 with something that is no JSON object',
    retryAfterMs: null,
  };
}

function readFailure(
  { status, headers, retryAfterMs }: HttpResponse,
  text: string,
  { method, token }: Asked,
): Answer {
  const message = shorten(readMessage(headers, text).replaceAll(token.reveal(), '<secret>'));
  const says = message === '' ? `Gangway answered ${status}` : `Gangway answered ${status}: ${message}`;
  if (status === 401)
    return { kind: 'refused', cause: 'token', says: 'Gangway does not take this token (401)' };
  if (status === 403) return readForbidden(headers, text, says);
  if (status === 429) return { kind: 'not-done', says, retryAfterMs };
  if (method === 'GET' && isGone(status, headers, message)) return { kind: 'gone' };
  if (status === 404 || status === 405) return { kind: 'no-route' };
  if (status === 400) return { kind: 'refused', cause: 'request', says };
  if (status === 500 && message.includes('failed to find associated')) {
    return { kind: 'refused', cause: 'unknown-job', says };
  }
  return { kind: 'unclear', says, retryAfterMs };
}

/** Gangway says it with a 500, and one that maps Kubernetes' error would with a 404; an address nobody serves differs. */
function isGone(status: number, headers: Record<string, string>, message: string): boolean {
  if (status === 500) return /prowjobs.* not found/.test(message);
  return status === 404 && (headers['grpc-status'] === '5' || message.includes('not found'));
}

/** The proxy in front answers a bad token with its log-in page; Gangway itself a tenant with `grpc-status: 7`. */
function readForbidden(headers: Record<string, string>, text: string, says: string): Refusal {
  if (headers['grpc-status'] === '7' || text.startsWith('{'))
    return { kind: 'refused', cause: 'tenant', says };
  return { kind: 'refused', cause: 'token', says: 'Gangway does not take this token (403, the log-in page)' };
}

/** Envoy puts the message into a header, percent-encoded; ESPv2 into a JSON body (PROW.md, 1). */
function readMessage(headers: Record<string, string>, text: string): string {
  const header = headers['grpc-message'];
  if (header !== undefined) return decodePercent(header);
  try {
    const { message } = JSON.parse(text) as { message?: unknown };
    return typeof message === 'string' ? message : '';
  } catch {
    return '';
  }
}

function decodePercent(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function shorten(text: string): string {
  return text.length > 300 ? `${text.slice(0, 300)}…` : text;
}
