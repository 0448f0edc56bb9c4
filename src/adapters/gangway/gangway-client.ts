import type { Clock } from '../../flow/clock.ts';
import type { HttpClient } from '../../http.ts';
import type { Secret } from '../../secret.ts';
import type {
  Creation,
  ExecutionApi,
  ExecutionRequest,
  Listing,
  Lookup,
} from '../../trigger/execution-api.ts';
import { readCreatedId, readExecution, readExecutions, writeRequest } from './execution-json.ts';
import { LaneClosed, RateLane, type Rate, type Urgency } from './rate-lane.ts';
import { type Answer, readAnswer } from './read-answer.ts';

export interface GangwayOptions {
  url: string;
  rate: Rate | null;
  http: HttpClient;
  clock: Clock;
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
  readonly #lane: RateLane;
  /** Whether nobody serves the body form while Gangway serves the path form: then the path form goes first. */
  #usesPathForm = false;
  #faults = 0;
  #lastFault: string | null = null;

  constructor({ url, rate, http, clock }: GangwayOptions) {
    this.#url = url;
    this.#http = http;
    this.#lane = new RateLane(clock, rate);
  }

  /** How the calls of late went: those in a row that Gangway did not serve, and what the last of them said. */
  get health(): { faultsInARow: number; lastFault: string | null } {
    return { faultsInARow: this.#faults, lastFault: this.#lastFault };
  }

  /** Turns away with `LaneClosed` who waits for the rate limit and who comes later; what was sent goes on. */
  close(): void {
    this.#lane.close();
  }

  async create(request: ExecutionRequest, token: Secret, beforeSend: () => Promise<void>): Promise<Creation> {
    await this.#lane.turn('trigger');
    await beforeSend();
    const usesPathForm = this.#usesPathForm;
    const answer = await this.#post(request, token, usesPathForm);
    return answer.kind === 'no-route'
      ? this.#createOtherwise(request, token, !usesPathForm)
      : toCreation(answer);
  }

  async get(prowJobId: string, token: Secret): Promise<Lookup> {
    const answer = await this.#call('poll', 'GET', `/v1/executions/${encodeURIComponent(prowJobId)}`, token);
    if (answer.kind === 'ok') return readExecution(answer.body);
    return answer.kind === 'gone' || answer.kind === 'refused' ? answer : toUnavailable(answer);
  }

  async list(jobName: string, token: Secret): Promise<Listing> {
    const query = new URLSearchParams({ job_name: labelOf(jobName) });
    const answer = await this.#call('trigger', 'GET', `/v1/executions?${query}`, token);
    if (answer.kind === 'ok') return { kind: 'found', executions: readExecutions(answer.body, jobName) };
    return answer.kind === 'refused' ? answer : toUnavailable(answer);
  }

  /** Nobody served the first form, so nothing was created and the other one may be sent. */
  async #createOtherwise(request: ExecutionRequest, token: Secret, inPath: boolean): Promise<Creation> {
    try {
      await this.#lane.turn('trigger');
    } catch (error) {
      // The intent is on disk by now, and this answer takes it back.
      if (!(error instanceof LaneClosed)) throw error;
      return { kind: 'not-created', says: error.message, retryAfterMs: null };
    }
    const answer = await this.#post(request, token, inPath);
    if (isByGangway(answer)) this.#usesPathForm = inPath;
    return toCreation(answer);
  }

  async #post(request: ExecutionRequest, token: Secret, inPath: boolean): Promise<Answer> {
    const path = inPath ? `/v1/executions/${encodeURIComponent(request.jobName)}` : '/v1/executions';
    return this.#send('POST', path, token, JSON.stringify(writeRequest(request)));
  }

  async #call(urgency: Urgency, method: 'GET', path: string, token: Secret): Promise<Answer> {
    await this.#lane.turn(urgency);
    return this.#send(method, path, token);
  }

  async #send(method: 'GET' | 'POST', path: string, token: Secret, body?: string): Promise<Answer> {
    if (!isHeaderText(token))
      return { kind: 'refused', cause: 'token', says: 'The token holds what no header can' };
    const outcome = await this.#http.call({
      method,
      url: this.#url + path,
      headers: {
        authorization: `Bearer ${token.reveal()}`,
        accept: 'application/json',
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body }),
      timeoutMs,
    });
    const answer = await readAnswer(outcome, { method, token });
    if ('retryAfterMs' in answer && answer.retryAfterMs !== null) this.#lane.pause(answer.retryAfterMs);
    this.#note(answer);
    return answer;
  }

  #note(answer: Answer): void {
    const isFault = answer.kind === 'not-done' || answer.kind === 'unclear';
    this.#faults = isFault ? this.#faults + 1 : 0;
    this.#lastFault = isFault ? answer.says : null;
  }
}

/** Whether Gangway itself served the request; the log-in page and what is unclear may come from a proxy in front. */
function isByGangway(answer: Answer): boolean {
  return answer.kind === 'ok' || (answer.kind === 'refused' && answer.cause !== 'token');
}

function isHeaderText(token: Secret): boolean {
  return /^[\x21-\x7e]+$/.test(token.reveal());
}

function toCreation(answer: Answer): Creation {
  if (answer.kind === 'refused') return answer;
  if (answer.kind === 'not-done') return { ...answer, kind: 'not-created' };
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

function toUnavailable(
  answer: Exclude<Answer, { kind: 'ok' | 'refused' }>,
): Lookup & { kind: 'unavailable' } {
  if (answer.kind === 'gone' || answer.kind === 'no-route') {
    return { kind: 'unavailable', says: 'Gangway does not know this address (404)', retryAfterMs: null };
  }
  return { kind: 'unavailable', says: answer.says, retryAfterMs: answer.retryAfterMs };
}
