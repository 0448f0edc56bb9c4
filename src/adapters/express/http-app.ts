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

/** The HTTP side of the service: all routes of the contract. Every error is answered as problem+json. */
export function createHttpApp(deps: HttpDeps): RequestListener {
  const app = express();
  app.disable('x-powered-by').disable('etag').set('query parser', 'simple');
  // Each proxy in front appends its caller's address; the caller may have written the values before them.
  app.set('trust proxy', deps.config.trustProxy);
  app.use(logRequests(deps), setSecurityHeaders(), forbidCaching);
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
  // Express gives both their prototypes before it passes them on.
  return (request, response) =>
    app(request as Request, response as Response, answerUnhandled(response as Response));
}

/** Ends what no handler of ours ends: a malformed address, and an answer that failed halfway. */
function answerUnhandled(response: Response): () => void {
  return () => {
    if (response.headersSent) response.destroy();
    else sendProblem(response, { status: 400, detail: 'The address is broken.' });
  };
}

/**
 * Headers that keep a browser from guessing a type, framing an answer or sending a referrer. A page sets its own policy
 * for scripts and styles. HSTS binds all ports of a host, so the proxy that ends TLS sets it.
 */
function setSecurityHeaders(): RequestHandler {
  return helmet({
    contentSecurityPolicy: false,
    strictTransportSecurity: false,
    xFrameOptions: { action: 'deny' },
  });
}

/** An answer is about this moment and may be for one caller only, so proxies and browsers must not store it. */
const forbidCaching: RequestHandler = (_request, response, next) => {
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

/** Mounted before any parser, because a signature is over the bytes as they arrived. */
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
