import type { RequestHandler } from 'express';
import { type IntakeTerms, readNotification } from '../../intake/notification.ts';
import type { HttpDeps } from './http-deps.ts';
import { addLogFields } from './request-log.ts';
import { sendProblem } from './problem.ts';

type NotificationDeps = Pick<HttpDeps, 'accept' | 'config'>;

/** Accepts a notification. 202: it is on disk. 200: its run is known already. */
export function handleNotification(
  { accept, config }: NotificationDeps,
  tokenField: IntakeTerms['tokenField'],
): RequestHandler {
  const { gangwayToken, webhookSecrets, slackOrigins } = config;
  // If a secret is set, callers without it were rejected before.
  const isTrusted = webhookSecrets !== null;
  // The service's own token is only for callers who sent the secret.
  const tokenOptional = gangwayToken !== null && isTrusted;
  return async (request, response) => {
    const reading = readNotification(request.body, { isTrusted, tokenOptional, tokenField, slackOrigins });
    if (reading.kind === 'malformed') {
      const detail = 'Some fields are missing or malformed.';
      return sendProblem(response, { status: 400, detail, errors: reading.problems });
    }
    if (reading.kind === 'refused') {
      const detail = 'Some fields have a value that is not accepted.';
      return sendProblem(response, { status: 422, detail, errors: reading.problems });
    }
    const { chain, known } = await accept(reading.notification);
    addLogFields(response, { chain: chain.id, job: chain.jobName, known });
    const href = `/api/v1/chains/${chain.id}`;
    if (!known) response.location(href);
    response.status(known ? 200 : 202).json({ id: chain.id, state: chain.state, href });
  };
}
