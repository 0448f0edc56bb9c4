import {
  grpc,
  grpcError,
  htmlAnswer,
  logInPage,
  rateLimited,
  textAnswer,
  type Answer,
  type AnswerStyle,
} from './answer.ts';

/**
 * What can go wrong with a call. `drop-before`: reset, nothing done. `drop-after`: done, then reset.
 * `empty-list`: the list could not be made, which Gangway logs and answers with an empty one (PROW.md, 1).
 * `slow`: done, the answer is held until `release()`. `403-html` a bad token, `403-tenant` a refused job,
 * `500` a server fault with gRPC headers, `500-bare` one without, the rest by their status.
 */
export type GangwayFaultKind =
  | '401'
  | '403-html'
  | '403-tenant'
  | '429'
  | '500'
  | '500-bare'
  | '502'
  | '503'
  | '503-no-upstream'
  | '504'
  | 'empty-list'
  | 'drop-before'
  | 'drop-after'
  | 'slow';

export type GangwayCallKind = 'create' | 'get' | 'list';

export interface FaultOptions {
  /** So many calls meet it; 1 by default. */
  times?: number;
  /** Only this call meets it. */
  on?: GangwayCallKind;
  /** For 500, 502, 503, 504: whether the call was carried out before it failed; by default it was not. */
  created?: boolean;
  /** Seconds in the Retry-After of a 429 or 503. */
  retryAfter?: number;
}

export interface GangwayFault extends FaultOptions {
  kind: GangwayFaultKind;
}

/** Whether Gangway does what the call asks although the answer tells of a fault, or never comes. */
export function isCarriedOut({ kind, created = false }: GangwayFault): boolean {
  // Envoy found no Gangway to ask.
  if (kind === '503-no-upstream') return false;
  return kind === 'drop-after' || kind === 'slow' || created;
}

/** The answer in place of the real one; `null` where the connection is reset or the answer only held. */
export function faultAnswer({ kind, retryAfter }: GangwayFault, style: AnswerStyle): Answer | null {
  switch (kind) {
    case '401':
      return textAnswer(401, 'Unauthorized');
    case '403-html':
      return logInPage();
    case '403-tenant':
      return grpcError(style, grpc.permissionDenied, 'client is not authorized to execute the given job');
    case '429':
      return rateLimited(retryAfter ?? null);
    case '500':
      return grpcError(style, grpc.unknown, 'etcdserver: request timed out');
    case '500-bare':
      return textAnswer(500, 'Internal Server Error');
    case '502':
      return htmlAnswer(502, '502 Bad Gateway');
    case '503':
      return withRetryAfter(
        textAnswer(503, 'upstream connect error or disconnect/reset before headers'),
        retryAfter,
      );
    case '503-no-upstream':
      return withRetryAfter(textAnswer(503, 'no healthy upstream'), retryAfter);
    case '504':
      return textAnswer(504, 'upstream request timeout');
    case 'empty-list':
      return { status: 200, headers: { 'content-type': 'application/json' }, body: '{"job_execution": []}' };
    case 'drop-before':
    case 'drop-after':
    case 'slow':
      return null;
  }
}

function withRetryAfter(answer: Answer, retryAfter: number | undefined): Answer {
  return retryAfter === undefined
    ? answer
    : { ...answer, headers: { ...answer.headers, 'retry-after': String(retryAfter) } };
}
