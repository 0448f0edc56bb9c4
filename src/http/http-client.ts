import { createGunzip } from 'node:zlib';
import type { Readable } from 'node:stream';
import { lookup as lookUp } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { Agent, type Dispatcher } from 'undici';
import type { Clock } from '../time/clock.ts';
import { beginWhenSent, Deadline } from './deadline.ts';
import { lookUpPublic } from './public-lookup.ts';

interface HttpRequest {
  method: 'GET' | 'POST' | 'DELETE';
  url: string;
  headers?: Record<string, string>;
  body?: string;
  /** Milliseconds that the whole exchange may take, body included. Waiting for a free connection does not count. */
  timeoutMs: number;
  /** Others wrote the address: if its name leads to an address that is not public, nothing is sent. */
  isForeign?: boolean;
}

/** An answer whose body is read as it comes. Reading throws if the connection breaks or the time is over. */
export interface HttpResponse {
  kind: 'answered';
  status: number;
  /** Names in lower case. */
  headers: Record<string, string>;
  /** How long `Retry-After` asks us to wait, 15 minutes at most. `null`: it names no number of seconds. */
  retryAfterMs: number | null;
  body: AsyncIterable<Uint8Array>;
  /** Reads the body as text; over `maxBytes` it throws `BodyTooLarge`. Invalid UTF-8 turns into U+FFFD. */
  text(maxBytes: number): Promise<string>;
  /** Closes the connection without reading the body. */
  drop(): void;
}

/** `not-sent`: nothing of the request was written. `broken`: it may have arrived, but its answer did not. */
export type HttpOutcome = HttpResponse | { kind: 'not-sent'; why: string } | { kind: 'broken'; why: string };

export interface HttpClient {
  call(request: HttpRequest): Promise<HttpOutcome>;
  close(): Promise<void>;
}

export class BodyTooLarge extends Error {
  override name = 'BodyTooLarge';
}

/** To one origin; `app/machine.ts` computes how many the machine allows. */
const maxConnections = 128;

const connectTimeoutMs = 10_000;
/** A body of which nothing arrives for so long is given up, so that its connection is free before the time-out. */
const idleBodyMs = 15_000;
const maxHeaderBytes = 16 * 1024;

/** A header of others must not delay our work for days. */
const maxRetryAfterMs = 15 * 60_000;

/**
 * Calls over undici with what every call out needs: a time-out on the whole exchange, no redirects, no repeats by the
 * library, and an outcome that says whether the request can have arrived. `connections` is the maximum per origin;
 * further calls wait for a free one.
 */
export function createHttpClient(
  clock: Clock,
  lookup: LookupFunction = lookUp,
  connections = maxConnections,
): HttpClient {
  // Requests that change something have a pool of their own, which keeps no connection: if the other side closes a kept
  // one at that moment, it is unclear whether the request arrived.
  const agents = { reading: createAgent(lookup, connections), changing: createAgent(lookup, connections) };
  const foreign = createAgent(lookUpPublic(lookup), connections);
  return {
    async call(request) {
      const deadline = new Deadline(clock, request.timeoutMs);
      const own = request.method === 'GET' ? agents.reading : agents.changing;
      const agent = request.isForeign === true ? foreign : own;
      try {
        const options = { ...toUndici(request), signal: deadline.signal };
        return toResponse(await agent.compose(beginWhenSent(deadline)).request(options), deadline);
      } catch (error) {
        deadline.lift();
        return { kind: deadline.isSent ? 'broken' : 'not-sent', why: describeFault(error) };
      }
    },
    async close() {
      await Promise.all([agents.reading, agents.changing, foreign].map((agent) => agent.destroy()));
    },
  };
}

function createAgent(lookup: LookupFunction, connections: number): Agent {
  return new Agent({
    connect: { timeout: connectTimeoutMs, lookup },
    connections,
    maxHeaderSize: maxHeaderBytes,
    // The deadline limits the whole exchange.
    headersTimeout: 0,
    bodyTimeout: idleBodyMs,
    // A call over HTTP/2 shares its connection with others, so its end would not free one.
    allowH2: false,
  });
}

function toUndici(request: HttpRequest): Dispatcher.RequestOptions {
  const { origin, pathname, search } = new URL(request.url);
  return {
    origin,
    path: pathname + search,
    method: request.method,
    headers: request.headers ?? {},
    body: request.body ?? null,
    reset: request.method !== 'GET' || request.isForeign === true,
  };
}

function toResponse(response: Dispatcher.ResponseData, deadline: Deadline): HttpResponse {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(response.headers)) {
    if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  // A body that breaks before it is read must not end the process. A later read still throws.
  response.body.on('error', () => {}).once('close', () => deadline.lift());
  const body = readBody(response.body, headers['content-encoding'], deadline);
  return {
    kind: 'answered',
    status: response.statusCode,
    headers,
    retryAfterMs: readRetryAfter(headers['retry-after']),
    body,
    text: (maxBytes) => readText(body, maxBytes),
    drop() {
      deadline.lift();
      response.body.destroy();
    },
  };
}

/** The form with a date counts as absent, because no service that we call sends it. */
function readRetryAfter(header: string | undefined): number | null {
  if (header === undefined || !/^\d+$/.test(header)) return null;
  return Math.min(Number(header) * 1000, maxRetryAfterMs);
}

async function* readBody(
  raw: Readable,
  encoding: string | undefined,
  deadline: Deadline,
): AsyncGenerator<Uint8Array> {
  const body = encoding === 'gzip' ? raw.pipe(createGunzip()) : raw;
  if (body !== raw) raw.on('error', (error) => body.destroy(error));
  try {
    for await (const chunk of body) yield chunk as Uint8Array;
  } finally {
    deadline.lift();
    raw.destroy();
  }
}

async function readText(body: AsyncIterable<Uint8Array>, maxBytes: number): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > maxBytes) throw new BodyTooLarge(`more than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** What went wrong on the wire. The text has no address, header or body in it. */
export function describeFault(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown fault';
  const code = faultCode(error);
  return code === '' ? error.message : code;
}

function faultCode(error: unknown): string {
  if (!(error instanceof Error)) return '';
  const { code } = error as NodeJS.ErrnoException;
  if (typeof code === 'string') return code;
  return error.cause === undefined ? '' : faultCode(error.cause);
}

/**
 * Encodes one part of a path for an address. `null`: no address can hold it, because a part of one or two dots leads
 * elsewhere, however it is encoded. Half a character turns into U+FFFD.
 */
export function encodeSegment(text: string): string | null {
  return text === '.' || text === '..' ? null : encodeURIComponent(text.toWellFormed());
}
