import type { HttpClient, HttpOutcome } from '../../src/http/http-client.ts';
import { answerFromBuckets } from '../prow/bucket/bucket-server.ts';
import type { ProwParts } from '../prow/start-prow.ts';
import type { Asked, Reply } from '../prow/wire.ts';

export type Request = Parameters<HttpClient['call']>[0];

/** How one call goes; times in milliseconds. */
export interface Passage {
  /** Nobody listens: nothing is sent. */
  isRefused?: boolean;
  /** From the sending to the other side's receiving; `null`: it never gets there. */
  outMs: number | null;
  /** From there to the answer's arrival; `null`: the answer never comes. */
  backMs: number | null;
  /** After how long the caller sees its connection break, where it does before any answer. */
  breaksAfterMs?: number;
  /** Puts a fault into the other side's way as the request arrives; gives the way to take it back. */
  spoil?: () => () => void;
}

/** A request that got there, and what was answered. */
export interface Exchange {
  side: Side;
  request: Request;
  reply: Reply;
  /** The answer is a fault that was put in its way. */
  isSpoiled: boolean;
  /** Whether the process that called has the answer by now. */
  isHeard: boolean;
}

/** What may happen to a call; the world decides. */
export interface NetworkFaults {
  /** Everything on the wire goes on when the process is dead. */
  after(ms: number, what: () => void): void;
  /** Whether the process that called is alive; otherwise nobody hears of what comes. */
  hears(): boolean;
  /** Tells whoever reads the trace what the other side answered. */
  note(what: string, side: Side): void;
  /** The other side has done what the request asks, and answered. */
  arrived(exchange: Exchange): void;
  /** The process has the answer. */
  heard(exchange: Exchange): void;
  /** The request is about to leave; chooses its passage. */
  send(side: Side, request: Request): Passage;
}

export type Side = 'gangway' | 'bucket' | 'slack';

export const origins: Record<Side, string> = {
  gangway: 'https://gangway.test',
  bucket: 'https://storage.test',
  slack: 'https://hooks.slack.com',
};
export const slackApiUrl = `${origins.slack}/api`;

/** A call of the Slack app, and no message to a webhook. */
export function isForApp({ url }: Request): boolean {
  return url.startsWith(slackApiUrl);
}

/** The network as the process sees it: the stand-in's answers, sometimes late, lost or never asked for. */
export function faultyNetwork(prow: ProwParts, faults: NetworkFaults): HttpClient {
  return {
    call: (request) => callOver(prow, faults, request),
    close: async () => undefined,
  };
}

function callOver(prow: ProwParts, faults: NetworkFaults, request: Request): Promise<HttpOutcome> {
  const { promise, resolve } = Promise.withResolvers<HttpOutcome>();
  let isSettled = false;
  const settle = (outcome: HttpOutcome): boolean => {
    if (isSettled || !faults.hears()) return false;
    isSettled = true;
    resolve(outcome);
    return true;
  };
  if (!faults.hears()) return promise;
  const side = sideOf(request.url);
  const passage = faults.send(side, request);
  if (passage.isRefused === true) {
    faults.note(`${side} ${request.method} refused`, side);
    faults.after(1, () => settle({ kind: 'not-sent', why: 'ECONNREFUSED' }));
    return promise;
  }
  const breaksMs = Math.min(passage.breaksAfterMs ?? Infinity, request.timeoutMs);
  faults.after(breaksMs, () => settle({ kind: 'broken', why: 'ECONNRESET' }));
  const { outMs, backMs } = passage;
  if (outMs === null) return promise;
  faults.after(outMs, () => {
    const restore = passage.spoil?.();
    const answer = ask(prow, side, toAsked(request));
    restore?.();
    if (answer instanceof Promise) throw new Error('the stand-in holds an answer back by itself');
    const isSpoiled = passage.spoil !== undefined;
    const exchange = { side, request, reply: answer, isSpoiled, isHeard: false };
    faults.arrived(exchange);
    faults.note(
      `${side} ${request.method} → ${answer.kind === 'reset' ? 'reset' : answer.status}${backMs === null ? ', unheard' : ''}`,
      side,
    );
    if (backMs === null) return;
    faults.after(backMs, () => {
      exchange.isHeard = settle(toOutcome(answer));
      if (exchange.isHeard) faults.heard(exchange);
    });
  });
  return promise;
}

function sideOf(url: string): Side {
  const { origin } = new URL(url);
  const side = (Object.keys(origins) as Side[]).find((each) => origins[each] === origin);
  if (side === undefined) throw new Error(`a call to a foreign origin: ${origin}`);
  return side;
}

function ask({ gangway, buckets, slack }: ProwParts, side: Side, asked: Asked): Reply | Promise<Reply> {
  if (side === 'gangway') return gangway.answer(asked);
  return side === 'bucket' ? answerFromBuckets(buckets, asked) : slack.answer(asked);
}

function toAsked({ method, url, headers = {}, body = '' }: Request): Asked {
  const { pathname, search } = new URL(url);
  const lowered = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]);
  return {
    method,
    path: pathname + search,
    headers: Object.fromEntries(lowered) as Asked['headers'],
    body: Buffer.from(body),
  };
}

function toOutcome(reply: Reply): HttpOutcome {
  if (reply.kind === 'reset') return { kind: 'broken', why: 'ECONNRESET' };
  const { status, headers, body, isCut } = reply;
  const wait = headers['retry-after'];
  return {
    kind: 'answered',
    status,
    headers,
    retryAfterMs: wait === undefined ? null : Number(wait) * 1000,
    body: readBody(body, isCut),
    async text() {
      if (isCut) throw new Error('terminated');
      return body.toString();
    },
    drop: () => undefined,
  };
}

async function* readBody(body: Buffer, isCut: boolean): AsyncGenerator<Uint8Array> {
  yield isCut ? body.subarray(0, Math.floor(body.length / 2)) : body;
  if (isCut) throw new Error('terminated');
}
