import { createGunzip } from 'node:zlib';
import type { Readable } from 'node:stream';
import { lookup as lookUp } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { Agent, type Dispatcher } from 'undici';
import type { Clock } from '../time/clock.ts';
import { Limits, watch } from './limits.ts';
import { lookUpPublic } from './public-lookup.ts';

interface HttpRequest {
  method: 'GET' | 'POST' | 'DELETE';
  url: string;
  headers?: Record<string, string>;
  body?: string;
  /** Milliseconds from its writing until the whole exchange, body included, is given up; waiting in line is free. */
  timeoutMs: number;
  /** The address was written by others: where its name leads to one that is not public, nothing is sent. */
  isForeign?: boolean;
}

/** An answer whose body is read as it comes; reading throws where the connection breaks or time runs out. */
export interface HttpResponse {
  kind: 'answered';
  status: number;
  /** Names in lower case. */
  headers: Record<string, string>;
  /** How long `Retry-After` asks us to wait, 15 minutes at most; `null` where it names no number of seconds. */
  retryAfterMs: number | null;
  body: AsyncIterable<Uint8Array>;
  /** Reads the body as text; over `maxBytes` it throws `BodyTooLarge`. Invalid UTF-8 turns into U+FFFD. */
  text(maxBytes: number): Promise<string>;
  /** Lets the body go unread. */
  drop(): void;
}

/** `not-sent`: nothing of the request was written. `broken`: it may have arrived, the answer did not. */
export type HttpOutcome = HttpResponse | { kind: 'not-sent'; why: string } | { kind: 'broken'; why: string };

export interface HttpClient {
  call(request: HttpRequest): Promise<HttpOutcome>;
  close(): Promise<void>;
}

export class BodyTooLarge extends Error {
  override name = 'BodyTooLarge';
}

/** To one origin; `app/machine.ts` says how many the machine allows. */
const maxConnections = 128;

const connectTimeoutMs = 10_000;
const maxHeaderBytes = 16 * 1024;

/** Whoever asks for more is asked again by then: a header must not put our work off for days. */
const maxRetryAfterMs = 15 * 60_000;

/**
 * Calls over undici with what every call out needs: a time-out on the whole exchange, a least pace for the answer,
 * no redirects, no repeats by the library, and errors told apart by whether the request can have arrived. `connections` is the
 * maximum per origin; further calls wait for a free one.
 */
export function createHttpClient(
  clock: Clock,
  lookup: LookupFunction = lookUp,
  connections = maxConnections,
): HttpClient {
  // What changes something has a pool of its own, in which no connection is kept: one that the other side is just
  // closing would leave it unclear whether the request arrived.
  const agents = { reading: createAgent(lookup, connections), changing: createAgent(lookup, connections) };
  const foreign = createAgent(lookUpPublic(lookup), connections);
  return {
    async call(request) {
      const limits = new Limits(clock, request.timeoutMs);
      const own = request.method === 'GET' ? agents.reading : agents.changing;
      try {
        const watched = (request.isForeign === true ? foreign : own).compose(watch(limits));
        const response = await watched.request({ ...toUndici(request), signal: limits.signal });
        return answered(response, limits);
      } catch (error) {
        limits.lift();
        return { kind: limits.isSent ? 'broken' : 'not-sent', why: describeFault(error) };
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
    // The clock that was given measures time; a stream of HTTP/2 has no connection of its own.
    headersTimeout: 0,
    bodyTimeout: 0,
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

function answered(response: Dispatcher.ResponseData, limits: Limits): HttpResponse {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(response.headers)) {
    if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  // A body that breaks before anybody reads it must not end the process; who reads it later still meets the fault.
  response.body.on('error', () => {}).once('close', () => limits.lift());
  const body = readBody(response.body, headers['content-encoding'], limits);
  return {
    kind: 'answered',
    status: response.statusCode,
    headers,
    retryAfterMs: readRetryAfter(headers['retry-after']),
    body,
    text: (maxBytes) => readText(body, maxBytes),
    drop() {
      limits.lift();
      response.body.destroy();
    },
  };
}

/** Seconds as a number; the date form, which nobody that we call sends, counts as absent. */
function readRetryAfter(header: string | undefined): number | null {
  if (header === undefined || !/^\d+$/.test(header)) return null;
  return Math.min(Number(header) * 1000, maxRetryAfterMs);
}

async function* readBody(
  raw: Readable,
  encoding: string | undefined,
  limits: Limits,
): AsyncGenerator<Uint8Array> {
  const body = encoding === 'gzip' ? raw.pipe(createGunzip()) : raw;
  if (body !== raw) raw.on('error', (error) => body.destroy(error));
  try {
    for await (const chunk of body) yield chunk as Uint8Array;
  } finally {
    limits.lift();
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

/** What went wrong on the wire, in words that hold no address, header or body. */
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
 * One part of a path as it stands in an address; `null` where no address can hold it: a part of one or two dots
 * leads to another place, however it is encoded. Half a character turns into U+FFFD.
 */
export function encodeSegment(text: string): string | null {
  return text === '.' || text === '..' ? null : encodeURIComponent(text.toWellFormed());
}
