import type { Socket } from 'node:net';
import { SocketModeReceiver, webApi } from '@slack/bolt';
import { Agent, buildConnector } from 'undici';
import { backOff } from '../../../time/duration.ts';
import { type Clock, withTimeout } from '../../../time/clock.ts';
import type { Logger } from '../../../logging.ts';
import type { Secret } from '../../../secret.ts';
import { safeErrorText } from '../client/errors.ts';
import { slackLogger } from '../client/client.ts';
import { isForUs } from './payloads.ts';

interface SocketDeps {
  appToken: Secret;
  clientOptions: Omit<webApi.WebClientOptions, 'logger' | 'logLevel'>;
  clock: Clock;
  log: Logger;
}

const firstWaitMs = 1_000;
/** From the first request to Slack's hello. */
const connectMs = 30_000;
/** After a connection that lasted this long, the next wait is the shortest again. */
const goodMs = 60_000;
/** The time that Slack has to answer the close frame. */
const closeMs = 1_000;

/** Another try cannot help until a person sets another token. */
const refusals: ReadonlySet<string> = new Set([
  'access_denied',
  'account_inactive',
  'invalid_auth',
  'missing_scope',
  'no_permission',
  'not_allowed_token_type',
  'not_authed',
  'team_disabled',
  'token_expired',
  'token_revoked',
  'user_removed_from_team',
]);

/**
 * Socket mode: a connection from the service to Slack, over which Slack sends what it would otherwise send by HTTP. It
 * is kept open while the service runs; when it ends, the service connects again. The library's own reconnecting is off:
 * it uses its own timers, leaves rejections unhandled and stops at the first error of HTTP.
 */
export class SocketConnection {
  readonly receiver: SocketModeReceiver;
  readonly #deps: SocketDeps;
  readonly #sockets = new Set<Socket>();
  readonly #agent: Agent;
  #isStopped = false;
  #tries = 0;
  #endPause: () => void = () => {};

  constructor(deps: SocketDeps) {
    this.#deps = deps;
    this.#agent = new Agent({ connect: this.#trackSockets() });
    // This class logs the connection itself, once and with the time of the next try.
    const logger = slackLogger(deps.log.child({}, { level: 'silent' }));
    this.receiver = new SocketModeReceiver({
      appToken: deps.appToken.reveal(),
      dispatcher: this.#agent,
      autoReconnectEnabled: false,
      installerOptions: { clientOptions: deps.clientOptions },
      logger,
      processEventErrorHandler: ({ error }) => {
        deps.log.error({ why: safeErrorText(error) }, 'slack event failed');
        return Promise.resolve(false);
      },
    });
    ignoreForeignEvents(this.receiver.client, deps.log);
    this.receiver.client.on('disconnected', () => this.#cut());
    this.receiver.client.on('error', () => queueMicrotask(() => this.#endBroken()));
  }

  /** Connects, and connects again when the connection ends. */
  async hold(): Promise<void> {
    while (!this.#isStopped) {
      const waitMs = await this.#connectOnce();
      await this.#pause(waitMs);
    }
  }

  /** Closes the connection, and leaves no socket and no timer. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#endPause();
    const { client } = this.receiver;
    const left = await withTimeout(
      this.#deps.clock,
      closeMs,
      client.disconnect().then(() => 'politely'),
    );
    // The second call ends the library's own wait for Slack's close frame, which takes half a minute.
    if (left === null) void client.disconnect();
    this.#cut();
    await this.#agent.destroy();
  }

  /** Resolves when a connection has ended or failed, with the milliseconds to wait before the next try. */
  async #connectOnce(): Promise<number> {
    const { clock, log } = this.#deps;
    const { client } = this.receiver;
    const { promise: ended, resolve: end } = Promise.withResolvers<void>();
    client.once('disconnected', end);
    try {
      const opened = await withTimeout(clock, connectMs, this.receiver.start());
      if (opened === null) throw new Error('no answer in time');
      const since = clock.elapsed();
      log.info('slack connected');
      await ended;
      this.#tries = clock.elapsed() - since >= goodMs ? 0 : this.#tries + 1;
      const waitMs = backOff(firstWaitMs, this.#tries);
      if (!this.#isStopped) log.info({ retry_in_ms: waitMs }, 'slack disconnected');
      return waitMs;
    } catch (error) {
      client.off('disconnected', end);
      this.#cut();
      return this.#planRetry(error);
    }
  }

  #planRetry(error: unknown): number {
    const { log } = this.#deps;
    const asked = error instanceof webApi.WebAPIRateLimitedError ? error.retryAfter * 1000 : 0;
    const waitMs = Math.max(backOff(firstWaitMs, this.#tries), asked);
    this.#tries += 1;
    if (this.#isStopped) return waitMs;
    const word = error instanceof webApi.WebAPIPlatformError ? error.data.error : '';
    if (refusals.has(word)) log.error({ why: word, retry_in_ms: waitMs }, 'slack refuses the app token');
    // A connection that ends before the hello rejects with `undefined`.
    else log.warn({ why: describeWhy(error), retry_in_ms: waitMs }, 'slack is not connected');
    return waitMs;
  }

  #pause(ms: number): Promise<void> {
    if (this.#isStopped) return Promise.resolve();
    const { promise, resolve } = Promise.withResolvers<void>();
    const cancel = this.#deps.clock.after(ms, resolve);
    this.#endPause = () => {
      cancel();
      resolve();
    };
    return promise;
  }

  /** Makes the library announce the end of a connection that broke. Slack may also send an `error` over a good one. */
  #endBroken(): void {
    const { websocket } = this.receiver.client;
    if (websocket?.isActive() === false) websocket.disconnect();
  }

  /** The library does not close the sockets of connections that have ended. */
  #cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  #trackSockets(): buildConnector.connector {
    const connect = buildConnector({ allowH2: false, timeout: 0 });
    return (options, callback) =>
      connect(options, (...[fault, socket]) => {
        if (socket === null) return callback(fault, null);
        this.#sockets.add(socket);
        socket.once('close', () => this.#sockets.delete(socket));
        callback(null, socket);
      });
  }
}

function describeWhy(error: unknown): string {
  return error === undefined ? 'the connection broke' : safeErrorText(error);
}

type Client = SocketModeReceiver['client'];
type Listener = (...args: unknown[]) => unknown;

interface Envelope {
  type?: unknown;
  body?: unknown;
  ack: () => Promise<void>;
}

/**
 * Wraps the library's own listeners: an envelope that makes them throw must not end the process, and one that is not for
 * the service is only acknowledged.
 */
function ignoreForeignEvents(client: Client, log: Logger): void {
  wrapListeners(client, log, 'ws_message', (listener, args) => listener(...args));
  wrapListeners(client, log, 'slack_event', (listener, args) => {
    const [envelope] = args as [Envelope];
    // An envelope of the type `slack_event` arrives here, too, beside the events that the library makes.
    const isAsked = envelope.type !== 'slack_event' && isForUs(envelope.body);
    return isAsked ? listener(...args) : envelope.ack();
  });
}

function wrapListeners(
  client: Client,
  log: Logger,
  event: string,
  call: (listener: Listener, args: unknown[]) => unknown,
): void {
  const listeners = client.listeners(event) as Listener[];
  client.removeAllListeners(event);
  for (const listener of listeners) {
    client.on(event, (...args: unknown[]) => {
      const work = async (): Promise<unknown> => call(listener, args);
      work().catch((error: unknown) =>
        log.warn({ why: safeErrorText(error) }, 'slack sent what nobody can read'),
      );
    });
  }
}
