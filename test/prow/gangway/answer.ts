/** What Gangway's front answers. */
export interface Answer {
  status: number;
  headers: Record<string, string>;
  body: string;
}

export type AnswerStyle = 'openshift' | 'espv2';

const httpOfGrpc: Record<number, number> = { 2: 500, 3: 400, 5: 404, 7: 403, 12: 501, 13: 500, 14: 503 };

export const grpc = { unknown: 2, invalidArgument: 3, permissionDenied: 7, unimplemented: 12 } as const;

/** A gRPC error: on OpenShift an empty body and two headers; ESPv2 makes JSON of it. */
export function grpcError(style: AnswerStyle, code: number, message: string): Answer {
  const status = httpOfGrpc[code] ?? 500;
  if (style === 'espv2') {
    return {
      status,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ code, message }),
    };
  }
  const headers = {
    'content-type': 'application/grpc',
    'grpc-status': String(code),
    'grpc-message': encodeMessage(message),
  };
  return { status, headers, body: '' };
}

export function textAnswer(status: number, body: string): Answer {
  return { status, headers: { 'content-type': 'text/plain' }, body };
}

export function htmlAnswer(status: number, title: string): Answer {
  const body = `<!DOCTYPE html>\n<html lang="en"><head><title>${title}</title></head><body><h1>${title}</h1></body></html>\n`;
  return { status, headers: { 'content-type': 'text/html; charset=utf-8' }, body };
}

/** The oauth-proxy's answer to a bad, expired or missing token: 403, not 401. */
export function logInPage(): Answer {
  return htmlAnswer(403, 'Log In');
}

/** nginx's refusal: the newest deployment tells how long to wait (s) in plain text, older ones send a page. */
export function rateLimited(retryAfter: number | null): Answer {
  if (retryAfter === null) return htmlAnswer(429, '429 Too Many Requests');
  const answer = textAnswer(429, 'Too many requests, please slow down.\n');
  return { ...answer, headers: { ...answer.headers, 'retry-after': String(retryAfter) } };
}

/** grpc-go's encoding of grpc-message: printable ASCII but `%` stays, every other byte becomes %XX. */
function encodeMessage(message: string): string {
  return [...Buffer.from(message)]
    .map((byte) =>
      byte >= 0x20 && byte <= 0x7e && byte !== 0x25
        ? String.fromCharCode(byte)
        : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`,
    )
    .join('');
}
