import type { Clock } from '../../../src/time/clock.ts';
import { CallLog } from '../call-log.ts';
import { FaultQueue } from '../fault-queue.ts';
import type { LocalServer } from '../local-server.ts';
import { type Asked, type Reply, replyWith, reset, serveReplies } from '../wire.ts';
import { refusePayload } from './check-payload.ts';
import { SlackApi } from './slack-api.ts';

export interface SlackMessage {
  /** Ms since the epoch on the stand-in's clock. */
  at: number;
  path: string;
  /** The JSON that came; `null` where it was none. */
  payload: unknown;
  /** What Slack answered: 200 means it was delivered. `null`: the connection was broken. */
  status: number | null;
}

export interface SlackFault {
  /** The status to answer; `drop-before` resets at once, `drop-after` delivers first. */
  status: number | 'drop-before' | 'drop-after';
  /** The text, by default Slack's own for the status. */
  body?: string;
  /** Seconds. */
  retryAfter?: number;
  /** So many messages meet it; 1 by default. */
  times?: number;
  /** Only hooks whose path contains this. */
  path?: string;
}

const usualBodies: Record<number, string> = {
  403: 'action_prohibited',
  404: 'no_service',
  410: 'channel_is_archived',
  429: 'rate_limited',
  500: 'rollup_error',
};

/** Slack's incoming webhooks, at `/services/T…/B…/…`, and its Web API. */
export class Slack {
  readonly #clock: Clock;
  readonly #log = new CallLog<SlackMessage>();
  readonly #faults = new FaultQueue<SlackFault, string>();
  #server: LocalServer | null = null;
  /** The Web API at `/api/…`: its calls, messages and faults are its own. */
  readonly api: SlackApi;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.api = new SlackApi(clock);
    this.api.responseUrls.origin = () => this.origin;
  }

  get origin(): string {
    return this.#server?.origin ?? 'https://hooks.slack.com';
  }

  async listen(): Promise<LocalServer> {
    this.#server = await serveReplies((asked) => this.answer(asked));
    return this.#server;
  }

  /** All that came, refused ones too. */
  get messages(): readonly SlackMessage[] {
    return this.#log.entries;
  }

  /** What people saw, in order: delivered, also where the answer was lost. */
  get delivered(): readonly SlackMessage[] {
    return this.#delivered;
  }
  readonly #delivered: SlackMessage[] = [];

  /** The address of a hook; another name is another channel. */
  hook(name = 'team'): string {
    return `${this.origin}/services/T00000000/B00000000/${name}`;
  }

  /** The first message that fits, of those answered or still to come. */
  whenMessage(fits: (message: SlackMessage) => boolean): Promise<SlackMessage> {
    return this.#log.when(fits);
  }

  fail(fault: SlackFault): void {
    this.#faults.add(fault, fault.times ?? 1, (path) => path.includes(fault.path ?? ''));
  }

  clearFaults(): void {
    this.#faults.clear();
  }

  /** From now on connections are refused, until `up`. */
  async down(): Promise<void> {
    await this.#server?.down();
  }

  async up(): Promise<void> {
    await this.#server?.up();
  }

  /** Answers a request, come over the port or not. */
  answer(asked: Asked): Reply {
    if (asked.path.startsWith('/api/')) return this.api.answer(asked);
    if (/^\/(?:commands|actions)\//.test(asked.path)) return this.api.answerResponse(asked);
    return this.#answerHook(asked);
  }

  #answerHook({ method, path, body }: Asked): Reply {
    const message: SlackMessage = { at: this.#clock.now(), path, payload: parse(body), status: null };
    const fault = this.#faults.take(path);
    const { status, text } =
      typeof fault?.status === 'number' ? faultAnswer(fault, fault.status) : judge(method, message);
    const isDropped = fault?.status === 'drop-before' || fault?.status === 'drop-after';
    if (status === 200 && fault?.status !== 'drop-before') this.#delivered.push(message);
    if (!isDropped) message.status = status;
    this.#log.add(message);
    if (isDropped) return reset;
    const wait = fault?.retryAfter === undefined ? {} : { 'retry-after': String(fault.retryAfter) };
    return replyWith(status, { 'content-type': 'text/html', ...wait }, text);
  }
}

function faultAnswer(fault: SlackFault, status: number): { status: number; text: string } {
  return { status, text: fault.body ?? usualBodies[status] ?? 'error' };
}

function judge(method: string, { path, payload }: SlackMessage): { status: number; text: string } {
  if (!/^\/services\/T\w+\/B\w+\/[\w-]+$/.test(path)) return { status: 404, text: 'no_service' };
  if (method !== 'POST') return { status: 400, text: 'invalid_payload' };
  const refusal = refusePayload(payload);
  return refusal === null ? { status: 200, text: 'ok' } : { status: 400, text: refusal };
}

function parse(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString()) as unknown;
  } catch {
    return null;
  }
}
