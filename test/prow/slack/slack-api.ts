import type { Clock } from '../../../src/time/clock.ts';
import { CallLog } from '../call-log.ts';
import { FaultQueue } from '../fault-queue.ts';
import { type Asked, type Reply, reset } from '../wire.ts';
import type { Holdings, OpenView, Outcome } from './api-call.ts';
import { type ApiFault, faultBody, faultReply, jsonReply } from './api-fault.ts';
import { apiMethods } from './api-methods.ts';
import { readArgs } from './read-args.ts';
import { readMessage } from './read-message.ts';
import { ResponseUrls, type SlackResponse } from './response-urls.ts';
import type { Fields } from './shape.ts';
import { SlackLimits } from './slack-limits.ts';
import { SlackTokens } from './slack-tokens.ts';
import { Triggers } from './triggers.ts';
import { type Channel, type ChannelMessage, Workspace } from './workspace.ts';

export interface LoggedCall {
  method: string;
  /** Ms since the epoch on the stand-in's clock. */
  at: number;
  /** Without the token; empty where they could not be read. */
  args: Fields;
  /** `null`: the connection was broken. */
  status: number | null;
  /** What was answered, or would have been. */
  answer: Fields;
}

/** Slack's Web API at `/api/METHOD`, and what apps see of a workspace. Channels are made by the test. */
export class SlackApi implements Holdings {
  readonly botToken = 'xoxb-good-token';
  readonly appToken = 'xapp-good-token';
  /** With it Slack signs what people do. */
  readonly signingSecret = 'good-signing-secret';
  readonly tokens = new SlackTokens();
  readonly limits = new SlackLimits();
  readonly triggers = new Triggers();
  readonly workspace: Workspace;
  readonly responseUrls: ResponseUrls;
  readonly views: OpenView[] = [];
  unthreadsOrphans = false;
  socketUrl: string | null = null;
  readonly #log = new CallLog<LoggedCall>();
  readonly #faults = new FaultQueue<ApiFault, string>();

  constructor(clock: Clock) {
    this.workspace = new Workspace(clock);
    this.responseUrls = new ResponseUrls(this.workspace);
    this.tokens.allow(this.botToken);
    this.tokens.allow(this.appToken);
  }

  /** All that came, refused calls too. */
  get calls(): readonly LoggedCall[] {
    return this.#log.entries;
  }

  /** The first call that fits, of those answered or still to come. */
  whenCall(fits: (call: LoggedCall) => boolean): Promise<LoggedCall> {
    return this.#log.when(fits);
  }

  /** What was sent to response URLs, refused ones too. */
  get responses(): readonly SlackResponse[] {
    return this.responseUrls.responses;
  }

  /** The first of them that fits, of those here or still to come. */
  whenResponse(fits: (response: SlackResponse) => boolean): Promise<SlackResponse> {
    return this.responseUrls.when(fits);
  }

  /** A channel to which the app was invited, unless told otherwise; what it is may be changed later. */
  addChannel(name: string, options: Partial<Channel> = {}): Channel {
    return this.workspace.addChannel(name, options);
  }

  addGroup(id: string, users: readonly string[]): void {
    this.workspace.groups.set(id, users);
  }

  /** All that was ever written in a channel, by its name or id, replies and deleted ones too. */
  channel(name: string): ChannelMessage[] {
    const id = this.workspace.findChannel(name)?.id;
    return this.workspace.messages.filter(({ channel, visibleTo }) => channel === id && visibleTo === null);
  }

  /** What stands in the channels, without replies. */
  get cards(): ChannelMessage[] {
    return this.#standing(({ threadTs, visibleTo }) => threadTs === null && visibleTo === null);
  }

  /** The replies that stand below a message. */
  thread(ts: string): ChannelMessage[] {
    return this.#standing(({ threadTs, visibleTo }) => threadTs === ts && visibleTo === null);
  }

  /** What a person alone was shown. */
  ephemerals(user: string): ChannelMessage[] {
    return this.#standing(({ visibleTo }) => visibleTo === user);
  }

  /** Somebody deletes a message. */
  delete(ts: string): void {
    const message = this.#standing((other) => other.ts === ts)[0];
    if (message === undefined) throw new Error(`no message ${ts} stands`);
    this.workspace.delete(message);
  }

  /** Somebody writes in a channel. */
  say(channel: string, text: string, userId = 'U0DANA'): ChannelMessage {
    const found = this.workspace.findChannel(channel);
    if (found === null) throw new Error(`no channel ${channel}`);
    return this.workspace.write({ channel: found.id, text, userId });
  }

  /** What a person sees of a message, as lines of plain text. */
  read(message: Pick<ChannelMessage, 'text' | 'blocks' | 'attachments'>): string {
    return readMessage(message);
  }

  fail(fault: ApiFault): void {
    this.#faults.add(fault, fault.times ?? 1, (method) => (fault.method ?? method) === method);
  }

  clearFaults(): void {
    this.#faults.clear();
  }

  /** Answers a request to `/api/…`, come over the port or not. */
  answer(asked: Asked): Reply {
    const method = asked.path.replace(/^\/api\//, '').replace(/\?.*$/, '');
    const read = readArgs(asked);
    const args = read.kind === 'args' ? read.args : {};
    const fault = this.#faults.take(method);
    const { status, body, retryAfter } =
      fault === null || fault.status === 'drop-after'
        ? printOutcome(this.#judge(asked, method, read))
        : { status: typeof fault.status === 'number' ? fault.status : 200, body: {}, retryAfter: null };
    const isDropped = typeof fault?.status === 'string';
    const isInvented = fault !== null && !isDropped;
    const answer = isInvented ? faultBody(fault, status) : body;
    this.#log.add({ method, at: this.workspace.now(), args, status: isDropped ? null : status, answer });
    if (isDropped) return reset;
    return isInvented ? faultReply(fault) : jsonReply(status, body, retryAfter);
  }

  /** Answers what is sent to a response URL. */
  answerResponse(asked: Asked): Reply {
    const fault = this.#faults.take('response_url');
    if (fault !== null && fault.status !== 'drop-after') return faultReply(fault);
    const reply = this.responseUrls.answer(asked);
    return fault === null ? reply : reset;
  }

  #judge(asked: Asked, name: string, read: ReturnType<typeof readArgs>): Outcome {
    const method = apiMethods[name];
    if (method === undefined)
      return { kind: 'refused', error: 'unknown_method', fields: { req_method: name } };
    const token = this.tokens.judge(asked);
    if (typeof token === 'string') return { kind: 'refused', error: token, fields: {} };
    if (token.kind !== method.takes) return { kind: 'refused', error: 'not_allowed_token_type', fields: {} };
    if (method.needs !== null && !token.scopes.includes(method.needs)) {
      const fields = { needed: method.needs, provided: token.scopes.join(',') };
      return { kind: 'refused', error: 'missing_scope', fields };
    }
    const now = this.workspace.now();
    const wait = this.limits.admitCall(name, now);
    if (wait !== null) return { kind: 'slow-down', retryAfter: wait };
    if (read.kind === 'refused') return { kind: 'refused', error: read.error, fields: {} };
    return method.run({ args: read.args, token, now, slack: this });
  }

  #standing(fits: (message: ChannelMessage) => boolean): ChannelMessage[] {
    return this.workspace.messages.filter((message) => message.deletedAt === null && fits(message));
  }
}

function printOutcome(outcome: Outcome): { status: number; body: Fields; retryAfter: number | null } {
  if (outcome.kind === 'slow-down')
    return { status: 429, body: { ok: false, error: 'ratelimited' }, retryAfter: outcome.retryAfter };
  const body =
    outcome.kind === 'done'
      ? { ok: true, ...outcome.fields }
      : { ok: false, error: outcome.error, ...outcome.fields };
  return { status: 200, body, retryAfter: null };
}
