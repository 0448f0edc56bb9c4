import { createGunzip } from 'node:zlib';
import type { Readable } from 'node:stream';
import { Agent, type Dispatcher } from 'undici';
import type { Clock } from './flow/clock.ts';

interface HttpRequest {
  method: 'GET' | 'POST' | 'DELETE';
  url: string;
  headers?: Record<string, string>;
  body?: string;
  /** Milliseconds from its writing until the whole exchange, body included, is given up; waiting in line is free. */
  timeoutMs: number;
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

/** To one origin; a burst of failures waits its turn instead of opening a thousand sockets. */
const mostConnections = 128;

const connectTimeoutMs = 10_000;

/** Where fewer bytes of a body come in so many milliseconds, its connection is worth more to another call. */
const slowest = { bytes: 1024, ms: 15_000 };

/** Whoever asks for more is asked again by then: a header must not put our work off for days. */
const longestRetryAfterMs = 15 * 60_000;

/**
 * Calls over undici with what every call out needs: a time-out on the whole exchange, a least pace for the answer,
 * no redirects, no repeats by the library, and errors told apart by whether the request can have arrived.
 */
export function createHttpClient(clock: Clock): HttpClient {
  // What changes something has a pool of its own, in which no connection is kept: one that the other side is just
  // closing would leave it unclear whether the request arrived.
  const changing = createAgent();
  const agents = { GET: createAgent(), POST: changing, DELETE: changing };
  return {
    async call(request) {
      const limits = new Limits(clock, request.timeoutMs);
      try {
        const watched = agents[request.method].compose(watch(limits));
        const response = await watched.request({ ...toUndici(request), signal: limits.signal });
        return answered(response, limits);
      } catch (error) {
        limits.lift();
        return { kind: limits.isSent ? 'broken' : 'not-sent', why: describeFault(error) };
      }
    },
    async close() {
      await Promise.all([agents.GET.destroy(), changing.destroy()]);
    },
  };
}

function createAgent(): Agent {
  return new Agent({
    connect: { timeout: connectTimeoutMs },
    connections: mostConnections,
    // The clock that was given measures time; a stream of HTTP/2 has no connection of its own.
    headersTimeout: 0,
    bodyTimeout: 0,
    allowH2: false,
  });
}

/** What one call may take, measured by the clock that was given. */
class Limits {
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  readonly #abort = new AbortController();
  #callOffTimeout = (): void => {};
  #callOffPace = (): void => {};
  /** Bytes of the body since the pace was last looked at. */
  #received = 0;
  isSent = false;

  constructor(clock: Clock, timeoutMs: number) {
    this.#clock = clock;
    this.#timeoutMs = timeoutMs;
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** The request is about to be written. */
  begin(): void {
    this.isSent = true;
    this.#callOffTimeout = this.#after(this.#timeoutMs, () =>
      this.#giveUp(`no complete answer within ${this.#timeoutMs} ms`),
    );
  }

  beginBody(): void {
    this.#received = 0;
    this.#callOffPace = this.#after(slowest.ms, () => {
      if (this.#received >= slowest.bytes) this.beginBody();
      else this.#giveUp(`fewer than ${slowest.bytes} bytes of the answer within ${slowest.ms} ms`);
    });
  }

  receive(bytes: number): void {
    this.#received += bytes;
  }

  /** All of the body is here, though perhaps unread. */
  endBody(): void {
    this.#callOffPace();
  }

  lift(): void {
    this.#callOffTimeout();
    this.#callOffPace();
  }

  #after(ms: number, what: () => void): () => void {
    return this.#clock.at(this.#clock.now() + ms, what);
  }

  #giveUp(why: string): void {
    this.lift();
    this.#abort.abort(new Error(why));
  }
}

/** Tells when a request is about to be written, as a fault before that is no doubt about its arrival, and what comes. */
function watch(limits: Limits): Dispatcher.DispatcherComposeInterceptor {
  return (dispatch) => (options, handler) => {
    const start = handler.onRequestStart?.bind(handler);
    handler.onRequestStart = (controller, context) => {
      start?.(controller, context);
      if (!controller.aborted) limits.begin();
    };
    const answer = handler.onResponseStart?.bind(handler);
    handler.onResponseStart = (controller, ...rest) => {
      limits.beginBody();
      answer?.(controller, ...rest);
    };
    const take = handler.onResponseData?.bind(handler);
    handler.onResponseData = (controller, chunk) => {
      limits.receive(chunk.length);
      take?.(controller, chunk);
    };
    const end = handler.onResponseEnd?.bind(handler);
    handler.onResponseEnd = (controller, trailers) => {
      limits.endBody();
      end?.(controller, trailers);
    };
    return dispatch(options, handler);
  };
}

function toUndici(request: HttpRequest): Dispatcher.RequestOptions {
  const { origin, pathname, search } = new URL(request.url);
  return {
    origin,
    path: pathname + search,
    method: request.method,
    headers: request.headers ?? {},
    body: request.body ?? null,
    reset: request.method !== 'GET',
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
  return Math.min(Number(header) * 1000, longestRetryAfterMs);
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
