import type { RequestListener } from 'node:http';
import express, { type Express, type Request, type RequestHandler, type Response } from 'express';
import helmet from 'helmet';
import { handleChangeChain, handleListChains, handleShowChain } from './chains.ts';
import { handleError, sendProblem } from './problem.ts';
import type { HttpDeps } from './http-deps.ts';
import { limitRequests } from './rate-limit.ts';
import { logRequests } from './request-log.ts';
import { parseJsonBody } from './json-body.ts';
import { authenticateNotification, requireApiToken, hasBearer } from './authenticate.ts';
import { handleNotification } from './notifications.ts';
import { handleAddSilence, handleListSilences, handleRemoveSilence } from './silences.ts';

/** The HTTP side of the service: every route of the contract, and problem+json for all that goes wrong. */
export function createHttpApp(deps: HttpDeps): RequestListener {
  const app = express();
  app.disable('x-powered-by').disable('etag').set('query parser', 'simple');
  // Each proxy in front appends its caller's address; the caller may have written the values before them.
  app.set('trust proxy', deps.config.trustProxy);
  app.use(logRequests(deps), hardenAnswers(), forbidStoring);
  routeHealth(app);
  // Notifications have a limit of their own.
  routeNotifications(app, deps);
  app.use(limitRequests(deps));
  routeReadiness(app, deps);
  allowNotifications(app);
  routeSlack(app, deps);
  routeChains(app, deps);
  routeSilences(app, deps);
  app.use((_request, response) => sendProblem(response, { status: 404, detail: 'There is nothing here.' }));
  app.use(handleError(deps.log));
  // Express makes the two its own before it hands them on.
  return (request, response) =>
    app(request as Request, response as Response, endUnhandled(response as Response));
}

/** What no handler of ours ends: an address that no router can read, and an answer that broke off halfway. */
function endUnhandled(response: Response): () => void {
  return () => {
    if (response.headersSent) response.destroy();
    else sendProblem(response, { status: 400, detail: 'The address is broken.' });
  };
}

/**
 * Headers that keep a browser from guessing a type, framing an answer or telling where it came from. A policy for
 * scripts and styles is a page's own to bring; HSTS is for whoever ends TLS, since it binds all ports of a host.
 */
function hardenAnswers(): RequestHandler {
  return helmet({
    contentSecurityPolicy: false,
    strictTransportSecurity: false,
    xFrameOptions: { action: 'deny' },
  });
}

/** An answer is about this moment and may be for one caller only, so proxies and browsers must not store it. */
const forbidStoring: RequestHandler = (_request, response, next) => {
  response.set('Cache-Control', 'no-store');
  next();
};

/** It has no limit, because a supervisor that gets no answer restarts the service. */
function routeHealth(app: Express): void {
  app
    .route('/healthcheck')
    .get((_request, response) => void response.type('text/plain').send('alive'))
    .all(allowOnly('GET, HEAD'));
}

/** It counts against the limit of an address, because each check writes to the disk. */
function routeReadiness(app: Express, deps: HttpDeps): void {
  app.route('/readyz').get(answerReadiness(deps)).all(allowOnly('GET, HEAD'));
}

function answerReadiness({ readiness, describe, config }: HttpDeps): RequestHandler {
  return async (request, response) => {
    const isTrusted = config.apiToken !== null && hasBearer(request, config.apiToken);
    const { ready, store, rules, gangway } = await readiness(isTrusted);
    response.status(ready ? 200 : 503).json({ store, rules, gangway, service: describe(isTrusted) });
  };
}

/** Mounted before anything reads a body: a signature is over the bytes as they came. */
function routeSlack(app: Express, { slack }: HttpDeps): void {
  const events = '/slack/events';
  slack?.mount(app, sendProblem);
  const detail =
    'Slack is not connected at this door: set SLACK_BOT_TOKEN and SLACK_SIGNING_SECRET, and leave SLACK_APP_TOKEN unset.';
  app
    .route(events)
    .post((_request, response) => sendProblem(response, { status: 403, detail }))
    .all(allowOnly('POST'));
}

function routeNotifications(app: Express, deps: HttpDeps): void {
  const gate = authenticateNotification(deps);
  const current = handleNotification(deps, 'trigger_token');
  const older = handleNotification(deps, 'token');
  app.post('/openshift-ci-re-trigger', gate, current);
  app.post('/openshift_ci_job_trigger', gate, older);
}

function allowNotifications(app: Express): void {
  for (const path of ['/openshift-ci-re-trigger', '/openshift_ci_job_trigger']) {
    app.route(path).all(allowOnly('POST'));
  }
}

function routeChains(app: Express, deps: HttpDeps): void {
  const token = requireApiToken<{ id: string }>(deps);
  const chains = '/api/v1/chains';
  app.route(chains).get(handleListChains(deps)).all(allowOnly('GET, HEAD'));
  app.route(`${chains}/:id`).get(handleShowChain(deps)).all(allowOnly('GET, HEAD'));
  app
    .route(`${chains}/:id/cancel`)
    .post(
      token,
      handleChangeChain((id) => deps.cancel(id)),
    )
    .all(allowOnly('POST'));
  app
    .route(`${chains}/:id/retry`)
    .post(
      token,
      handleChangeChain((id) => deps.retry(id)),
    )
    .all(allowOnly('POST'));
}

function routeSilences(app: Express, deps: HttpDeps): void {
  const silences = '/api/v1/silences';
  app
    .route(silences)
    .get(handleListSilences(deps))
    .post(requireApiToken(deps), ...parseJsonBody(), handleAddSilence(deps))
    .all(allowOnly('GET, HEAD, POST'));
  app
    .route(`${silences}/:id`)
    .delete(requireApiToken<{ id: string }>(deps), handleRemoveSilence(deps))
    .all(allowOnly('DELETE'));
}

function allowOnly(methods: string): RequestHandler {
  return (_request, response) => {
    sendProblem(response, { status: 405, detail: `Use ${methods}.`, headers: { Allow: methods } });
  };
}
