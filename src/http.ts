import { createGunzip } from 'node:zlib';
import type { Readable } from 'node:stream';
import { Agent, type Dispatcher } from 'undici';
import type { Clock } from './flow/clock.ts';

export interface HttpRequest {
  method: 'GET' | 'POST';
  url: string;
  headers?: Record<string, string>;
  body?: string;
  /** Milliseconds until the whole exchange, body included, is given up. */
  timeoutMs: number;
}

/** An answer whose body is read as it comes; reading throws where the connection breaks or time runs out. */
export interface HttpResponse {
  kind: 'answered';
  status: number;
  /** Names in lower case. */
  headers: Record<string, string>;
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
const mostConnections = 32;

const connectTimeoutMs = 10_000;

/**
 * Calls over undici with what every call out needs: a time-out on the whole exchange, no redirects, no repeats by
 * the library, and errors told apart by whether the request can have arrived.
 */
export function createHttpClient(clock: Clock): HttpClient {
  // POSTs have a pool of their own, in which no connection is kept: one that the other side is just closing would
  // leave it unclear whether the request arrived.
  const agents = { GET: createAgent(), POST: createAgent() };
  return {
    async call(request) {
      let isSent = false;
      const timeout = new AbortController();
      const stopTimer = clock.at(clock.now() + request.timeoutMs, () =>
        timeout.abort(new Error(`no complete answer within ${request.timeoutMs} ms`)),
      );
      try {
        const watched = agents[request.method].compose(watchStart(() => (isSent = true)));
        const response = await watched.request({ ...toUndici(request), signal: timeout.signal });
        return answered(response, stopTimer);
      } catch (error) {
        stopTimer();
        return { kind: isSent ? 'broken' : 'not-sent', why: describeFault(error) };
      }
    },
    async close() {
      await Promise.all([agents.GET.destroy(), agents.POST.destroy()]);
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

/** Tells when a request is about to be written; a fault before that is no doubt about its arrival. */
function watchStart(begin: () => void): Dispatcher.DispatcherComposeInterceptor {
  return (dispatch) => (options, handler) => {
    const start = handler.onRequestStart?.bind(handler);
    handler.onRequestStart = (controller, context) => {
      start?.(controller, context);
      if (!controller.aborted) begin();
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
    reset: request.method === 'POST',
  };
}

function answered(response: Dispatcher.ResponseData, stopTimer: () => void): HttpResponse {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(response.headers)) {
    if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  // A body that breaks before anybody reads it must not end the process; who reads it later still meets the fault.
  response.body.on('error', () => {});
  const body = readBody(response.body, headers['content-encoding'], stopTimer);
  return {
    kind: 'answered',
    status: response.statusCode,
    headers,
    body,
    text: (maxBytes) => readText(body, maxBytes),
    drop() {
      stopTimer();
      response.body.destroy();
    },
  };
}

async function* readBody(
  raw: Readable,
  encoding: string | undefined,
  stopTimer: () => void,
): AsyncGenerator<Uint8Array> {
  const body = encoding === 'gzip' ? raw.pipe(createGunzip()) : raw;
  if (body !== raw) raw.on('error', (error) => body.destroy(error));
  try {
    for await (const chunk of body) yield chunk as Uint8Array;
  } finally {
    stopTimer();
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
