import type { RequestHandler } from 'express';
import type { HttpDeps } from './http-deps.ts';
import { sendProblem } from './problem.ts';
import { showsBearer, unauthorized } from './has-bearer.ts';

/** Turns away everybody while no API token is set, and afterwards all who do not show it. */
export function requireApiToken<Params>({ config }: Pick<HttpDeps, 'config'>): RequestHandler<Params> {
  return (request, response, next) => {
    if (config.apiToken === null) {
      return sendProblem(response, {
        status: 403,
        detail: 'Changing is off: RETRIGGER_API_TOKEN is not set.',
      });
    }
    if (!showsBearer(request, config.apiToken)) return sendProblem(response, unauthorized);
    next();
  };
}
