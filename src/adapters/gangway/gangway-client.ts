import { createHash } from 'node:crypto';
import type { Clock } from '../../time/clock.ts';
import { type HttpClient, encodeSegment } from '../../http/http-client.ts';
import type { Logger } from '../../logging.ts';
import type { Secret } from '../../secret.ts';
import type {
  Caller,
  Creation,
  ExecutionApi,
  ExecutionRequest,
  HeldBack,
  Listing,
  Lookup,
  NotNow,
  Refusal,
} from '../../trigger/execution-api.ts';
import { GangwayGate, type Admission, type Health } from './gate.ts';
import type { Permit, BreakerVerdict } from './breaker.ts';
import {
  readCreatedId,
  readExecution,
  readExecutions,
  writeRequest,
  type GangwayAnswer,
  classifyAnswer,
  classifyTokenAnswer,
  readAnswer,
} from './answer.ts';
import type { Ticket, Urgency } from './fair-queue.ts';
import type { CallRate } from './token-bucket.ts';

interface GangwayOptions {
  url: string;
  rate: CallRate | null;
  http: HttpClient;
  clock: Clock;
}

/** The service is stopping, so the call was not sent. */
export class GangwayClosed extends Error {
  override name = 'GangwayClosed';

  constructor() {
    super(stopping);
  }
}

const stopping = 'the service is stopping, so nothing more is sent to Gangway';

interface Call {
  method: 'GET' | 'POST';
  path: string;
  token: Secret;
  /** The ticket with which the call waited for its turn. */
  ticket: Ticket;
  post?: { body: string; values: string[] };
}

/** Envoy's route in front of Gangway gives up after 60 s (PROW.md, 1); ours is a little longer, to hear it say so. */
const timeoutMs = 65_000;

/** The label that a list selects by holds a job's first 63 characters; one that ends in no letter is trimmed. */
function labelOf(jobName: string): string {
  return jobName.slice(0, 63).replace(/[^A-Za-z0-9]+$/, '');
}

/** Gangway over HTTP/JSON, as OpenShift CI serves it behind Envoy. */
export class GangwayClient implements ExecutionApi {
  readonly #url: string;
  readonly #http: HttpClient;
  readonly #gate: GangwayGate;
  #log: Logger | null = null;
  #onHealth: (health: Health) => void = () => {};
  #isSuspended = false;
  /** Gangway serves only the path form, so that form goes first. */
  #usesPathForm = false;

  constructor({ url, rate, http, clock }: GangwayOptions) {
    this.#url = url;
    this.#http = http;
    this.#gate = new GangwayGate(clock, rate, (health) => this.#announce(health));
  }

  /** How the latest calls went, and whether the breaker allows calls. */
  get health(): Health {
    return this.#gate.health;
  }

  /** From now on it logs when calls to Gangway stop, and when they resume. */
  logTo(log: Logger): void {
    this.#log = log;
  }

  /** `listener` is called when calls to Gangway stop, when they resume, and when a first call was served. */
  onHealth(listener: (health: Health) => void): void {
    this.#onHealth = listener;
  }

  /** Calls that wait for the rate limit, and later ones, throw `GangwayClosed`. Calls that were sent go on. */
  close(): void {
    this.#gate.close();
  }

  async create(
    request: ExecutionRequest,
    caller: Caller,
    beforeSend: () => Promise<boolean>,
  ): Promise<Creation> {
    if (!isHeaderText(caller.token)) return unfitToken;
    const admission = await this.#admit(ticketOf(caller, 'trigger'));
    if (admission.kind === 'held-back') return admission;
    const readiness = await this.#gate.runBeforeSend(admission.permit, beforeSend);
    if (readiness === 'called-off') return { kind: 'called-off' };
    // What `beforeSend` checked may be out of date by now, so the caller checks again.
    if (readiness === 'late')
      return toNotCreated({ says: 'Getting ready took too long', retryAfterMs: null });
    const usesPathForm = this.#usesPathForm;
    const answer = await this.#post(request, caller, usesPathForm, admission.permit);
    return answer.kind === 'no-route'
      ? this.#createOtherwise(request, caller, !usesPathForm)
      : toCreation(answer);
  }

  async get(prowJobId: string, caller: Caller): Promise<Lookup> {
    const id = encodeSegment(prowJobId);
    // No ProwJob has such a name.
    if (id === null) return { kind: 'gone' };
    const urgency = caller.isVerification === true ? 'verification' : 'lookup';
    const answer = await this.#call(urgency, `/v1/executions/${id}`, caller);
    if (answer.kind === 'ok') return readExecution(answer.body);
    const isFinal = answer.kind === 'gone' || answer.kind === 'refused' || answer.kind === 'held-back';
    return isFinal ? answer : toUnavailable(answer);
  }

  async list(jobName: string, caller: Caller): Promise<Listing> {
    const query = new URLSearchParams({ job_name: labelOf(jobName) });
    const answer = await this.#call('trigger', `/v1/executions?${query}`, caller);
    if (answer.kind === 'ok') return { kind: 'found', executions: readExecutions(answer.body, jobName) };
    return answer.kind === 'refused' || answer.kind === 'held-back' ? answer : toUnavailable(answer);
  }

  /** Gangway does not serve the first form. So nothing was created, and the other form may be sent. */
  async #createOtherwise(request: ExecutionRequest, caller: Caller, inPath: boolean): Promise<Creation> {
    const admission = await this.#gate.enter(ticketOf(caller, 'trigger'));
    // The intent is on disk by now, and these answers take it back.
    if (admission.kind === 'closed') return toNotCreated({ says: stopping, retryAfterMs: null });
    if (admission.kind === 'held-back') return toNotCreated(admission);
    const answer = await this.#post(request, caller, inPath, admission.permit);
    if (isByGangway(answer)) this.#usesPathForm = inPath;
    return toCreation(answer);
  }

  async #post(
    request: ExecutionRequest,
    caller: Caller,
    inPath: boolean,
    permit: Permit,
  ): Promise<GangwayAnswer> {
    const name = inPath ? encodeSegment(request.jobName) : null;
    const path = name === null ? '/v1/executions' : `/v1/executions/${name}`;
    const post = { body: JSON.stringify(writeRequest(request)), values: Object.values(request.envs) };
    const ticket = ticketOf(caller, 'trigger');
    return this.#send(permit, { method: 'POST', path, token: caller.token, ticket, post });
  }

  async #call(urgency: Urgency, path: string, caller: Caller): Promise<GangwayAnswer | HeldBack> {
    if (!isHeaderText(caller.token)) return unfitToken;
    const ticket = ticketOf(caller, urgency);
    const admission = await this.#admit(ticket);
    if (admission.kind === 'held-back') return admission;
    return this.#send(admission.permit, { method: 'GET', path, token: caller.token, ticket });
  }

  /** Throws `GangwayClosed`. */
  async #admit(ticket: Ticket): Promise<Exclude<Admission, { kind: 'closed' }>> {
    const admission = await this.#gate.enter(ticket);
    if (admission.kind === 'closed') throw new GangwayClosed();
    return admission;
  }

  async #send(permit: Permit, call: Call): Promise<GangwayAnswer> {
    let verdict: BreakerVerdict = { kind: 'silent' };
    try {
      const answer = await this.#exchange(call);
      verdict = classifyAnswer(answer);
      const outcome = classifyTokenAnswer(answer);
      if (outcome !== null) this.#gate.noteToken(call.ticket.token, outcome);
      if ('retryAfterMs' in answer && answer.retryAfterMs !== null) this.#gate.pause(answer.retryAfterMs);
      return answer;
    } finally {
      this.#gate.release(permit, verdict);
    }
  }

  async #exchange({ method, path, token, post }: Call): Promise<GangwayAnswer> {
    const outcome = await this.#http.call({
      method,
      url: this.#url + path,
      headers: {
        authorization: `Bearer ${token.reveal()}`,
        accept: 'application/json',
        ...(post === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(post === undefined ? {} : { body: post.body }),
      timeoutMs,
    });
    return readAnswer(outcome, { method, token, values: post?.values ?? [] });
  }

  #announce(health: Health): void {
    const { breaker, faultsInARow, lastFault, retryAt } = health;
    const until = retryAt === null ? null : new Date(retryAt).toISOString();
    if (breaker !== 'closed')
      this.#log?.warn({ faults: faultsInARow, fault: lastFault, until }, 'Gangway is left alone');
    else if (this.#isSuspended) this.#log?.info('Gangway serves again');
    this.#isSuspended = breaker !== 'closed';
    this.#onHealth(health);
  }
}

/** Whether Gangway itself served the request; the log-in page and what is unclear may come from a proxy in front. */
function isByGangway(answer: GangwayAnswer): boolean {
  return answer.kind === 'ok' || (answer.kind === 'refused' && answer.cause !== 'token');
}

/** Decides when the call's turn comes. Tokens are compared by hash, so that the queue contains no token. */
function ticketOf({ token, isKnown, isDemanded = false }: Caller, urgency: Urgency): Ticket {
  const hash = createHash('sha256').update(token.reveal()).digest('base64');
  return { token: hash, isKnown, isDemanded, urgency };
}

/** Nothing is sent, so this costs nothing of the rate. */
const unfitToken: Refusal = {
  kind: 'refused',
  cause: 'token',
  says: 'The token contains characters that are not allowed in an HTTP header',
};

function isHeaderText(token: Secret): boolean {
  return /^[\x21-\x7e]+$/.test(token.reveal());
}

function toCreation(answer: GangwayAnswer): Creation {
  if (answer.kind === 'refused') return answer;
  if (answer.kind === 'not-done') return toNotCreated(answer);
  if (answer.kind === 'unclear') return { kind: 'unclear', says: answer.says };
  if (answer.kind === 'gone' || answer.kind === 'no-route') {
    return {
      kind: 'refused',
      cause: 'request',
      says: 'Gangway knows neither address for starting a run (404)',
    };
  }
  const prowJobId = readCreatedId(answer.body);
  if (prowJobId === null) return { kind: 'unclear', says: 'Gangway answered 200 without the id of a run' };
  return { kind: 'created', prowJobId };
}

function toNotCreated({ says, retryAfterMs }: NotNow): Creation {
  return { kind: 'not-created', says, retryAfterMs };
}

function toUnavailable(
  answer: Exclude<GangwayAnswer, { kind: 'ok' | 'refused' }>,
): Lookup & { kind: 'unavailable' } {
  if (answer.kind === 'gone' || answer.kind === 'no-route') {
    return { kind: 'unavailable', says: 'Gangway does not know this address (404)', retryAfterMs: null };
  }
  return { kind: 'unavailable', says: answer.says, retryAfterMs: answer.retryAfterMs };
}
