import type { HttpOutcome, HttpResponse } from '../../http/http-client.ts';
import type { Secret } from '../../secret.ts';
import type { NotNow, Refusal, Execution, ExecutionRequest, Lookup } from '../../trigger/execution-api.ts';
import type { BreakerVerdict } from './breaker.ts';
import { readJobStatus } from '../../job/status.ts';

/** The call. Its method decides what an answer means, and an answer may repeat its token or the value of a variable. */
export interface GangwayCall {
  method: 'GET' | 'POST';
  token: Secret;
  /** Values of the variables in the request: an override may be a secret, whatever its name. */
  values: readonly string[];
}

/** The outcome of a call to Gangway, before its body is interpreted. */
export type GangwayAnswer =
  | { kind: 'ok'; body: unknown }
  /** Only to a GET: Prow has no such run. */
  | { kind: 'gone' }
  /** Gangway does not serve this address; nothing was done. */
  | { kind: 'no-route' }
  | Refusal
  /** Certainly nothing was done; another try can help. */
  | ({ kind: 'not-done' } & Doubt)
  | ({ kind: 'unclear' } & Doubt);

interface Doubt extends NotNow {
  /** What is wrong with Gangway, without any words of the answer; `null`: Gangway may be healthy. */
  fault: string | null;
}

const maxBodyBytes = 4 * 1024 * 1024;
/** A few times the size of all variables of a request. Only the beginning of a message is shown. */
const maxMessageLength = 65_536;
/** Shorter values are numbers or words such as `true`, which occur in messages anyway. */
const minSecretLength = 6;

/**
 * Reads an answer by status, `grpc-status` and `grpc-message` together: the status alone does not tell a collected
 * run or an unknown job from a fault of the server, nor a bad token from a tenant's refusal (PROW.md, 1 and 5).
 */
export async function readAnswer(outcome: HttpOutcome, asked: GangwayCall): Promise<GangwayAnswer> {
  if (outcome.kind === 'not-sent') return fail('not-done', `Gangway could not be reached (${outcome.why})`);
  if (outcome.kind === 'broken') return fail('unclear', `Gangway's answer never came (${outcome.why})`);
  let text = '';
  try {
    text = await outcome.text(maxBodyBytes);
  } catch {
    return fail('unclear', "Gangway's answer broke off");
  }
  if (outcome.status === 200) return readBody(text);
  return readFailure(outcome, text, asked);
}

/** What the answer says about Gangway's health. An answer of a rate limiter or a proxy says nothing. */
export function classifyAnswer(answer: GangwayAnswer): BreakerVerdict {
  if (answer.kind !== 'not-done' && answer.kind !== 'unclear') return { kind: 'served' };
  return answer.fault === null ? { kind: 'silent' } : { kind: 'fault', says: answer.fault };
}

/**
 * What the answer says about the token; `null`: nothing. Only the proxy in front refuses a token as such. An answer of
 * Gangway itself means that the proxy took it (PROW.md, 1): a token that may not trigger one job may work for others.
 */
export function classifyTokenAnswer(answer: GangwayAnswer): 'taken' | 'refused' | null {
  if (answer.kind === 'refused') return answer.cause === 'token' ? 'refused' : 'taken';
  return answer.kind === 'ok' || answer.kind === 'gone' ? 'taken' : null;
}

function fail(kind: 'not-done' | 'unclear', says: string): GangwayAnswer {
  return { kind, says, retryAfterMs: null, fault: says };
}

function readBody(text: string): GangwayAnswer {
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
    fault: null,
  };
}

function readFailure(
  { status, headers, retryAfterMs }: HttpResponse,
  text: string,
  asked: GangwayCall,
): GangwayAnswer {
  const { method } = asked;
  const message = shorten(maskSecrets(readMessage(headers, text).slice(0, maxMessageLength), asked));
  const bare = `Gangway answered ${status}`;
  const says = message === '' ? bare : `${bare}: ${message}`;
  if (status === 401)
    return { kind: 'refused', cause: 'token', says: 'Gangway does not take this token (401)' };
  if (status === 403) return readForbidden(headers, text, says);
  if (status === 429) return { kind: 'not-done', says, retryAfterMs, fault: null };
  if (method === 'GET' && isGone(status, headers, message)) return { kind: 'gone' };
  if (status === 404 || status === 405) return { kind: 'no-route' };
  if (status === 400) return { kind: 'refused', cause: 'request', says };
  if (status === 500 && message.includes('failed to find associated')) {
    return { kind: 'refused', cause: 'unknown-job', says };
  }
  if (isNoUpstream(status, headers, text)) return { kind: 'not-done', says, retryAfterMs, fault: bare };
  // An older Gangway has no List and says so with a 501, in good health.
  const isFault = status >= 500 && status !== 501;
  return { kind: 'unclear', says, retryAfterMs, fault: isFault ? bare : null };
}

/** Gangway answers 500 for it. A version that maps the error of Kubernetes would answer 404, unlike for an unknown address. */
function isGone(status: number, headers: Record<string, string>, message: string): boolean {
  if (status === 500) return /prowjobs.* not found/.test(message);
  return status === 404 && (headers['grpc-status'] === '5' || message.includes('not found'));
}

/**
 * Envoy found no Gangway to send the request to, so nothing was done. Every other text of a 503 may come after Gangway
 * has read the request (PROW.md, 1).
 */
function isNoUpstream(status: number, headers: Record<string, string>, text: string): boolean {
  const isFromGrpc = 'grpc-status' in headers || 'grpc-message' in headers;
  return status === 503 && !isFromGrpc && text.trim() === 'no healthy upstream';
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

/** Kubernetes and Gangway quote what they refuse, plainly or as JSON does. */
function maskSecrets(message: string, { token, values }: GangwayCall): string {
  const quoted = values.filter((value) => value.length >= minSecretLength);
  const forms = [token.reveal(), ...quoted.flatMap((value) => [value, JSON.stringify(value).slice(1, -1)])];
  // One value may hold another.
  return [...new Set(forms)]
    .toSorted((a, b) => b.length - a.length)
    .reduce((text, form) => text.replaceAll(form, '<secret>'), message);
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

const executionTypes = { periodic: 1, postsubmit: 2, presubmit: 3 } as const;

type Fields = Record<string, unknown>;

/** The body of `POST /v1/executions`, in proto names; empty parts stay out (an empty list would turn into `{}`). */
export function writeRequest(request: ExecutionRequest): Fields {
  const { labels, annotations, envs, refs } = request;
  return {
    job_name: request.jobName,
    job_execution_type: executionTypes[request.type],
    ...(refs === null ? {} : { refs: writeRefs(refs) }),
    pod_spec_options: { labels, annotations, ...(Object.keys(envs).length === 0 ? {} : { envs }) },
  };
}

function writeRefs(refs: NonNullable<ExecutionRequest['refs']>): Fields {
  const { pulls, ...rest } = refs;
  return pulls.length === 0 ? rest : { ...rest, pulls };
}

/** The id of a created run; `null`: the answer has none. */
export function readCreatedId(body: unknown): string | null {
  const id = readText(body, 'id', 'id');
  return id === null || !/^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/.test(id) ? null : id;
}

/** Reads both spellings, Envoy's snake_case and ESPv2's lowerCamelCase; what is absent is unknown. */
export function readExecution(body: unknown): Lookup & { kind: 'found' } {
  return {
    kind: 'found',
    status: readJobStatus(readText(body, 'job_status', 'jobStatus')),
    jobUrl: readText(body, 'job_url', 'jobUrl'),
    jobName: readText(body, 'job_name', 'jobName'),
  };
}

/** The runs of `jobName`: a list by a name that is cut as the label is holds other jobs' runs, too. */
export function readExecutions(body: unknown, jobName: string): Execution[] {
  const list = isFields(body) ? (body['job_execution'] ?? body['jobExecution']) : null;
  if (!Array.isArray(list)) return [];
  return list.flatMap((each: unknown) => {
    const prowJobId = readText(each, 'id', 'id');
    const name = readText(each, 'job_name', 'jobName');
    if (prowJobId === null || (name !== null && name !== jobName)) return [];
    return [{ prowJobId, status: readJobStatus(readText(each, 'job_status', 'jobStatus')) }];
  });
}

function readText(body: unknown, snake: string, camel: string): string | null {
  if (!isFields(body)) return null;
  const value = body[snake] ?? body[camel];
  return typeof value === 'string' && value !== '' ? value : null;
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
