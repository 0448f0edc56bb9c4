import { App, ExpressReceiver, type Receiver, webApi } from '@slack/bolt';
import { type Express, Router } from 'express';
import { answerCommands } from './inbound/commands.ts';
import { clientOptions, slackLogger } from './client/client.ts';
import { type SlackContext, RecentIds } from './inbound/context.ts';
import { safeErrorText } from './client/errors.ts';
import { Operators } from './inbound/operators.ts';
import { pressButtons } from './inbound/buttons.ts';
import { type Refuse, verifySlackRequest } from './inbound/verify-request.ts';
import type { SlackDeps } from './slack-deps.ts';
import type { Secret } from '../../secret.ts';
import { SocketConnection } from './inbound/socket.ts';
import { takeSilence } from './inbound/silence-form.ts';

/** What people do in Slack reaches us by one of two ways: at our door, or over a line that we hold. */
export interface SlackApp {
  /** Opens the door, where that is the way: adds `POST /slack/events` to an app that has parsed no body yet. */
  mount(app: Express, refuse: Refuse): void;
  /** Holds the line, where that is the way; it never throws, and tries again for as long as it takes. */
  start(): void;
  /** Lets the line go, and resolves when all that people have asked for so far is done. */
  stop(): Promise<void>;
}

export const eventsPath = '/slack/events';

/** Slack's app: its buttons, forms and commands. With an app token it holds a line, else it has a door. */
export function createSlackApp(deps: SlackDeps): SlackApp {
  const { inbound } = deps.config;
  const working = new Set<Promise<void>>();
  const line = inbound.kind === 'socket' ? openLine(deps, inbound.appToken) : null;
  if (line !== null) buildApp(deps, line.receiver, working);
  return {
    mount(app, refuse) {
      if (inbound.kind !== 'http') return;
      const gate = verifySlackRequest({ secret: inbound.signingSecret, clock: deps.clock, refuse });
      buildApp(deps, openDoor(deps, app, gate), working);
    },
    start() {
      void line?.hold();
    },
    async stop() {
      await line?.stop();
      await Promise.allSettled(working);
    },
  };
}

function openLine(deps: SlackDeps, appToken: Secret): SocketConnection {
  const { clock, log } = deps;
  // The line itself says what goes wrong with it.
  const { logger: _, ...options } = optionsOf(deps);
  return new SocketConnection({ appToken, clientOptions: options, clock, log });
}

function openDoor(
  { log }: SlackDeps,
  app: Express,
  gate: ReturnType<typeof verifySlackRequest>,
): ExpressReceiver {
  const router = Router();
  router.post(eventsPath, ...gate);
  return new ExpressReceiver({
    app,
    router,
    endpoints: eventsPath,
    // The gate has held the bytes against it, by our clock.
    signingSecret: '',
    signatureVerification: false,
    logger: slackLogger(log),
    processEventErrorHandler: async ({ error, response }) => {
      log.error({ why: safeErrorText(error) }, 'slack event failed');
      if (!response.headersSent) response.writeHead(500).end();
      return true;
    },
  });
}

function buildApp(deps: SlackDeps, receiver: Receiver, working: Set<Promise<void>>): void {
  const { config, clock, log } = deps;
  const botToken = config.token.reveal();
  const app = new App({
    receiver,
    // Given a token alone, Bolt would ask Slack whose it is before each answer.
    authorize: async () => ({ botToken }),
    clientOptions: optionsOf(deps),
    logger: slackLogger(log),
    convoStore: false,
    ignoreSelf: false,
    attachFunctionToken: false,
  });
  const web = new webApi.WebClient(botToken, { ...optionsOf(deps), logger: slackLogger(log) });
  const listMembers = async (usergroup: string) =>
    (await web.usergroups.users.list({ usergroup })).users ?? [];
  const operators = new Operators({ ids: config.operators, listMembers, clock, log });
  const context: SlackContext = { deps, operators, web, triggered: new RecentIds(clock) };
  app.use(async ({ next }) => {
    const work = next();
    working.add(work);
    await work.finally(() => working.delete(work));
  });
  app.error(async (error) =>
    log.error({ why: safeErrorText(error.original ?? error) }, 'slack request failed'),
  );
  pressButtons(app, context);
  takeSilence(app, context);
  answerCommands(app, context);
}

/** A new object for each client, because the library changes it. */
function optionsOf({ config: { apiUrl }, http, log }: SlackDeps): webApi.WebClientOptions {
  return clientOptions(apiUrl, http, log);
}
