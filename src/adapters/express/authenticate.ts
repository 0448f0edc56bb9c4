import { createHash, timingSafeEqual } from 'node:crypto';
import type { Request, RequestHandler } from 'express';
import {
  verifySignature,
  checkSignatureHeaders,
  type SignatureFault,
  type SignatureHeaders,
} from '../../intake/verify-signature.ts';
import type { HttpDeps } from './http-deps.ts';
import { limitNotifications } from './rate-limit.ts';
import { bytesOf, parseBytes, readBytes } from './json-body.ts';
import { type HttpProblem, sendProblem } from './problem.ts';
import type { Secret } from '../../secret.ts';

type AuthenticationDeps = Pick<HttpDeps, 'config' | 'clock'>;

const details: Record<SignatureFault, string> = {
  absent: 'Show the webhook secret: as a bearer token, or by a signature of Standard Webhooks.',
  partial: 'A signature takes webhook-id, webhook-timestamp and a webhook-signature that begins with v1,.',
  stale: 'The webhook-timestamp is more than 5 minutes from the time here, or not in seconds.',
  wrong: 'The signature is not over this body, or not by the secret.',
};

const wrongBearer = 'The bearer token is none of the webhook secrets.';

/**
 * Reads the JSON body of callers that prove a webhook secret, by a bearer token or a signature. If no secret is set, all
 * callers pass. A caller without proof is rejected before the body is read. A signature is checked over the bytes as they
 * arrived, before they are parsed. Only requests without proof count against the limit of their address, so others at the
 * same address cannot lock out a caller with the secret.
 */
export function authenticateNotification(deps: AuthenticationDeps): RequestHandler[] {
  const limit = limitNotifications(deps);
  return [
    limitUnproven(deps, limit),
    requireProof(deps),
    ...readBytes(),
    checkSignature(deps, limit),
    parseBytes,
  ];
}

/** A request with a signature counts later, and only if the signature is wrong, because the check needs the body. */
function limitUnproven({ config, clock }: AuthenticationDeps, limit: RequestHandler): RequestHandler {
  return (request, response, next) => {
    const { webhookSecrets } = config;
    const hasProof =
      webhookSecrets !== null &&
      (mayPass(request, config) || checkSignatureHeaders(readHeaders(request), clock.now()) === null);
    return hasProof ? next() : limit(request, response, next);
  };
}

function requireProof({ config, clock }: AuthenticationDeps): RequestHandler {
  return (request, response, next) => {
    if (mayPass(request, config)) return next();
    const fault = checkSignatureHeaders(readHeaders(request), clock.now());
    if (fault === null) return next();
    const isWrongBearer = fault === 'absent' && request.get('authorization') !== undefined;
    sendProblem(response, isWrongBearer ? { ...unauthorized, detail: wrongBearer } : toProblem(fault));
  };
}

function checkSignature({ config, clock }: AuthenticationDeps, limit: RequestHandler): RequestHandler {
  const keys = config.webhookSecrets?.flatMap((secret) => secret.keys) ?? [];
  return (request, response, next) => {
    if (mayPass(request, config)) return next();
    const fault = verifySignature(readHeaders(request), bytesOf(request), keys, clock.now());
    if (fault === null) return next();
    return limit(request, response, () => sendProblem(response, toProblem(fault)));
  };
}

function mayPass(request: Request, { webhookSecrets }: HttpDeps['config']): boolean {
  return webhookSecrets === null || webhookSecrets.some(({ bearer }) => hasBearer(request, bearer));
}

function readHeaders(request: Request): SignatureHeaders {
  return {
    id: request.get('webhook-id'),
    timestamp: request.get('webhook-timestamp'),
    signature: request.get('webhook-signature'),
  };
}

function toProblem(fault: SignatureFault): HttpProblem {
  return { ...unauthorized, detail: details[fault] };
}

/** 403: no API token is set. 401: the caller does not send it. */
export function requireApiToken<Params>({ config }: Pick<HttpDeps, 'config'>): RequestHandler<Params> {
  return (request, response, next) => {
    if (config.apiToken === null) {
      return sendProblem(response, {
        status: 403,
        detail: 'Changing is off: RETRIGGER_API_TOKEN is not set.',
      });
    }
    if (!hasBearer(request, config.apiToken)) return sendProblem(response, unauthorized);
    next();
  };
}

/** Whether the request has `Authorization: Bearer <secret>`. The comparison takes the same time for every wrong secret. */
export function hasBearer(request: Pick<Request, 'headers'>, secret: Secret): boolean {
  const [, shown] = /^bearer +(.+)$/i.exec(request.headers.authorization ?? '') ?? [];
  if (shown === undefined) return false;
  // Node reads header bytes as latin1, while the setting was read as UTF-8.
  return timingSafeEqual(hash(Buffer.from(shown, 'latin1')), hash(Buffer.from(secret.reveal())));
}

const unauthorized: HttpProblem = {
  status: 401,
  detail: 'The bearer token is missing or wrong.',
  headers: { 'WWW-Authenticate': 'Bearer realm="retrigger"' },
};

/** `timingSafeEqual` needs inputs of equal length. */
function hash(bytes: Buffer): Buffer {
  return createHash('sha256').update(bytes).digest();
}
