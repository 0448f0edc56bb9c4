import express, { type Express, type RequestHandler } from 'express';
import { changeChain, listChains, showChain } from './chain-handlers.ts';
import { handleError } from './handle-error.ts';
import type { HttpDeps } from './http-deps.ts';
import { logRequests } from './log-requests.ts';
import { parseJsonBody } from './parse-json-body.ts';
import { receiveNotification, requireWebhookSecret } from './receive-notification.ts';
import { requireApiToken } from './require-api-token.ts';
import { sendProblem } from './send-problem.ts';
import { addSilence, listSilences, removeSilence } from './silence-handlers.ts';

/** The HTTP side of the service: every route of the contract, and problem+json for all that goes wrong. */
export function createHttpApp(deps: HttpDeps): Express {
  const app = express();
  app.disable('x-powered-by').disable('etag').set('query parser', 'simple');
  app.use(logRequests(deps));
  routeProbes(app, deps);
  routeNotifications(app, deps);
  routeChains(app, deps);
  routeSilences(app, deps);
  app.use((_request, response) => sendProblem(response, { status: 404, detail: 'There is nothing here.' }));
  app.use(handleError(deps.log));
  return app;
}

function routeProbes(app: Express, { readiness }: HttpDeps): void {
  app
    .route('/healthcheck')
    .get((_request, response) => void response.type('text/plain').send('alive'))
    .all(allowOnly('GET, HEAD'));
  app
    .route('/readyz')
    .get(async (_request, response) => {
      const { ready, store, rules, gangway } = await readiness();
      response.status(ready ? 200 : 503).json({ store, rules, gangway });
    })
    .all(allowOnly('GET, HEAD'));
}

function routeNotifications(app: Express, deps: HttpDeps): void {
  const gate = [requireWebhookSecret(deps), ...parseJsonBody()];
  const current = receiveNotification(deps, 'trigger_token');
  const older = receiveNotification(deps, 'token');
  app.route('/openshift-ci-re-trigger').post(gate, current).all(allowOnly('POST'));
  app.route('/openshift_ci_job_trigger').post(gate, older).all(allowOnly('POST'));
}

function routeChains(app: Express, deps: HttpDeps): void {
  const token = requireApiToken<{ id: string }>(deps);
  const chains = '/api/v1/chains';
  app.route(chains).get(listChains(deps)).all(allowOnly('GET, HEAD'));
  app.route(`${chains}/:id`).get(showChain(deps)).all(allowOnly('GET, HEAD'));
  app
    .route(`${chains}/:id/cancel`)
    .post(
      token,
      changeChain((id) => deps.cancel(id)),
    )
    .all(allowOnly('POST'));
  app
    .route(`${chains}/:id/retry`)
    .post(
      token,
      changeChain((id) => deps.retry(id)),
    )
    .all(allowOnly('POST'));
}

function routeSilences(app: Express, deps: HttpDeps): void {
  const silences = '/api/v1/silences';
  app
    .route(silences)
    .get(listSilences(deps))
    .post(requireApiToken(deps), ...parseJsonBody(), addSilence(deps))
    .all(allowOnly('GET, HEAD, POST'));
  app
    .route(`${silences}/:id`)
    .delete(requireApiToken<{ id: string }>(deps), removeSilence(deps))
    .all(allowOnly('DELETE'));
}

function allowOnly(methods: string): RequestHandler {
  return (_request, response) => {
    sendProblem(response, { status: 405, detail: `Use ${methods}.`, headers: { Allow: methods } });
  };
}
