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

interface SocketLineDeps {
  appToken: Secret;
  clientOptions: Omit<webApi.WebClientOptions, 'logger' | 'logLevel'>;
  clock: Clock;
  log: Logger;
}

const firstWaitMs = 1_000;
/** From the first word to Slack's hello. */
const connectMs = 30_000;
/** A connection that lasted this long was a good one: the next wait is the shortest again. */
const goodMs = 60_000;
/** Slack answers our goodbye within this, or goes without. */
const farewellMs = 1_000;

/** No other try can help until a person has given us another token. */
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
 * Socket mode: a connection from us to Slack, over which it sends what it would otherwise send to our door. It is held
 * as long as the service runs; whatever ends it, there is a next try. The library's own reconnecting is off, because it
 * goes by timers of its own, leaves rejections to nobody and ends at the first refusal.
 */
export class SocketConnection {
  readonly receiver: SocketModeReceiver;
  readonly #deps: SocketLineDeps;
  readonly #sockets = new Set<Socket>();
  readonly #agent: Agent;
  #isStopped = false;
  #tries = 0;
  #endPause: () => void = () => {};

  constructor(deps: SocketLineDeps) {
    this.#deps = deps;
    this.#agent = new Agent({ connect: this.#trackSockets() });
    // What it has to say of a connection is said here, once and with the next try.
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
    // What Slack sends may call itself an error, too: then the connection goes on.
    this.receiver.client.on('error', () => queueMicrotask(() => this.#flush(false)));
  }

  /** Connects, and again whenever the connection ends. */
  async hold(): Promise<void> {
    while (!this.#isStopped) {
      const waitMs = await this.#connectOnce();
      await this.#pause(waitMs);
    }
  }

  /** Says goodbye, and lets nothing of a connection behind. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#endPause();
    const { client } = this.receiver;
    const left = await withTimeout(
      this.#deps.clock,
      farewellMs,
      client.disconnect().then(() => 'politely'),
    );
    if (left === null) this.#flush(true);
    this.#cut();
    await this.#agent.destroy();
  }

  /** Resolves when a connection is over, or there was none, with the time to wait before the next, ms. */
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
      return this.#putOff(error);
    }
  }

  #putOff(error: unknown): number {
    const { log } = this.#deps;
    const asked = error instanceof webApi.WebAPIRateLimitedError ? error.retryAfter * 1000 : 0;
    const waitMs = Math.max(backOff(firstWaitMs, this.#tries), asked);
    this.#tries += 1;
    if (this.#isStopped) return waitMs;
    const word = error instanceof webApi.WebAPIPlatformError ? error.data.error : '';
    if (refusals.has(word)) log.error({ why: word, retry_in_ms: waitMs }, 'slack refuses the app token');
    // What ends a connection before the hello rejects with nothing.
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

  /** Ends the library's own waiting for a goodbye, which is half a minute, also where there was no connection. */
  #flush(evenOpen: boolean): void {
    const { websocket } = this.receiver.client as unknown as {
      websocket?: { isActive: () => boolean; cleanup: () => void };
    };
    if (websocket !== undefined && (evenOpen || !websocket.isActive())) websocket.cleanup();
  }

  /** The library lets a connection stand that it has no more use for. */
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
 * Takes care of what the library's own listeners leave to nobody: an envelope that they trip over must not end the
 * process, and one that asks nothing of us is taken in peace.
 */
export function ignoreForeignEvents(client: Client, log: Logger): void {
  wrapListeners(client, log, 'ws_message', (listener, args) => listener(...args));
  wrapListeners(client, log, 'slack_event', (listener, args) => {
    const [envelope] = args as [Envelope];
    // The library hands on whatever calls itself `slack_event`, beside what it makes one of.
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
