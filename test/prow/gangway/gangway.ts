import type { Clock } from '../../../src/time/clock.ts';
import { CallLog } from '../call-log.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { FaultQueue } from '../fault-queue.ts';
import type { LocalServer } from '../local-server.ts';
import { type Asked, type Reply, replyWith, reset, serveReplies } from '../wire.ts';
import { htmlAnswer, logInPage, rateLimited, textAnswer, type Answer } from './answer.ts';
import { answerCall, callOf, type ApiCall, type GangwayForm } from './api.ts';
import {
  faultAnswer,
  isCarriedOut,
  type FaultOptions,
  type GangwayFault,
  type GangwayFaultKind,
} from './gangway-fault.ts';
import { RateLimit, type GangwayRate } from './rate-limit.ts';

export interface GangwayCall {
  method: string;
  /** Path and query. */
  path: string;
  /** Ms since the epoch on the stand-in's clock. */
  at: number;
  /** The bearer token; `null` without one. */
  token: string | null;
  body: string;
  /** `null` while unanswered, and where the connection was broken instead. */
  status: number | null;
}

/** Gangway behind its oauth-proxy, rate limit and Envoy, as a client of OpenShift CI meets it. */
export class Gangway {
  readonly form: GangwayForm = { style: 'openshift', version: 'current', bodyForm: true };
  readonly #clock: Clock;
  readonly #cluster: Cluster;
  readonly #tokens = new Map<string, (jobName: string) => boolean>();
  readonly #log = new CallLog<GangwayCall>();
  readonly #faults = new FaultQueue<GangwayFault, ApiCall>();
  #held: (() => void)[] = [];
  #rate: RateLimit | null = null;
  #server: LocalServer | null = null;

  constructor(clock: Clock, cluster: Cluster) {
    this.#clock = clock;
    this.#cluster = cluster;
  }

  async listen(): Promise<LocalServer> {
    this.#server = await serveReplies((asked) => this.answer(asked));
    return this.#server;
  }

  get calls(): readonly GangwayCall[] {
    return this.#log.entries;
  }

  /** The first call that fits, of those here or still to come; looked at on arrival and once answered. */
  whenCall(fits: (call: GangwayCall) => boolean): Promise<GangwayCall> {
    return this.#log.when(fits);
  }

  /** Lets a token in, for the jobs it may trigger: all unless told. Any token may read. */
  allow(token: string, jobs: (jobName: string) => boolean = () => true): void {
    this.#tokens.set(token, jobs);
  }

  /** Makes a token expire. */
  revoke(token: string): void {
    this.#tokens.delete(token);
  }

  /** Limits the calls of all clients together; `null` takes the limit off. */
  limit(rate: GangwayRate | null): void {
    this.#rate = rate === null ? null : new RateLimit(this.#clock, rate);
  }

  fail(kind: GangwayFaultKind, options: FaultOptions = {}): void {
    const { times = 1, on } = options;
    this.#faults.add({ kind, ...options }, times, (call) => on === undefined || call.kind === on);
  }

  clearFaults(): void {
    this.#faults.clear();
  }

  /** Lets the answers go that `slow` held. Returns how many. */
  release(): number {
    const held = this.#held;
    this.#held = [];
    for (const answer of held) answer();
    return held.length;
  }

  /** From now on connections are refused, until `up`. */
  async down(): Promise<void> {
    await this.#server?.down();
  }

  async up(): Promise<void> {
    await this.#server?.up();
  }

  /** Answers a request, come over the port or not. */
  answer({ method, path, headers, body }: Asked): Reply | Promise<Reply> {
    const [, token = null] = /^Bearer (.+)$/i.exec(headers['authorization'] ?? '') ?? [];
    const text = body.toString();
    const call = this.#log.add({ method, path, at: this.#clock.now(), token, body: text, status: null });
    const reply = (answer: Answer): Reply => {
      call.status = answer.status;
      this.#log.changed(call);
      return replyWith(answer.status, answer.headers, answer.body);
    };
    const mayTrigger = token === null ? undefined : this.#tokens.get(token);
    if (mayTrigger === undefined) return reply(logInPage());
    if (this.#rate !== null && !this.#rate.admit()) return reply(rateLimited(this.#rate.retryAfter));
    const api = callOf(method, path, body, this.form);
    if (api === null) return reply(textAnswer(404, ''));
    if (api === 'no-body-form') return reply(htmlAnswer(this.form.bodyForm === 405 ? 405 : 404, 'Not Found'));
    const fault = this.#faults.take(api);
    const real = () => answerCall(this.#cluster, api, mayTrigger, this.form);
    if (fault === null) return reply(real());
    const carriedOut = isCarriedOut(fault) ? real() : null;
    const instead = faultAnswer(fault, this.form.style);
    if (instead !== null) return reply(instead);
    if (fault.kind === 'slow' && carriedOut !== null) {
      return new Promise((resolve) => void this.#held.push(() => resolve(reply(carriedOut))));
    }
    this.#log.changed(call);
    return reset;
  }
}
