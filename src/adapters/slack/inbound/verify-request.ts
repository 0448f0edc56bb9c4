import { HTTPModuleFunctions, isValidSlackRequest } from '@slack/bolt';
import express, { type ErrorRequestHandler, type RequestHandler, type Response } from 'express';
import type { Clock } from '../../../time/clock.ts';
import type { Secret } from '../../../secret.ts';
import { isForUs, isProbe } from './payloads.ts';

/** How the HTTP side says no; the detail is a plain sentence with nothing of the request in it. */
export type Refuse = (response: Response, problem: { status: number; detail: string }) => void;

interface Gate {
  secret: Secret;
  clock: Pick<Clock, 'now'>;
  refuse: Refuse;
}

type Buffered = Parameters<typeof HTTPModuleFunctions.parseHTTPRequestBody>[0];

/** Slack's advice: an older request may be somebody's who listened. */
const maxClockSkewMs = 5 * 60_000;
const maxBytes = 64 * 1024;
const types = ['application/x-www-form-urlencoded', 'application/json'];

/**
 * Lets pass what Slack has signed and somebody asks of us, for Bolt to parse; the rest is answered. Who claims no
 * signature is turned away before the body is read, and whose signature is wrong before anything is made of it.
 */
export function verifySlackRequest(gate: Gate): (RequestHandler | ErrorRequestHandler)[] {
  return [
    demandSignature(gate),
    requireType(gate),
    express.raw({ limit: maxBytes, inflate: false, type: () => true }),
    refuseBody(gate),
    checkSignature(gate),
    sortOut(gate),
  ];
}

function demandSignature({ clock, refuse }: Gate): RequestHandler {
  return (request, response, next) => {
    const sent = request.get('x-slack-request-timestamp') ?? '';
    if (sent === '' || request.get('x-slack-signature') === undefined) {
      const detail = 'Slack signs what it sends: X-Slack-Request-Timestamp and X-Slack-Signature.';
      return refuse(response, { status: 401, detail });
    }
    const isNear = /^\d{1,12}$/.test(sent) && Math.abs(Number(sent) * 1000 - clock.now()) <= maxClockSkewMs;
    if (isNear) return next();
    const detail =
      'The X-Slack-Request-Timestamp is more than 5 minutes from the time here, or not in seconds.';
    refuse(response, { status: 401, detail });
  };
}

/** Bolt compares the whole type, so a charset is taken off it. */
function requireType({ refuse }: Gate): RequestHandler {
  return (request, response, next) => {
    const [type = ''] = (request.headers['content-type'] ?? '').split(';');
    request.headers['content-type'] = type.trim().toLowerCase();
    if (types.includes(request.headers['content-type'])) return next();
    refuse(response, { status: 415, detail: `Send the body as ${types.join(' or ')}.` });
  };
}

function refuseBody({ refuse }: Gate): ErrorRequestHandler {
  return (error: unknown, _request, response, next) => {
    const status = error instanceof Error && 'status' in error ? error.status : null;
    if (status === 413) return refuse(response, { status, detail: 'The body is over 64 KiB.' });
    if (status === 415) return refuse(response, { status, detail: 'The body must not be compressed.' });
    next(error);
  };
}

/** Over the bytes as they came; Bolt finds them as `rawBody`. */
function checkSignature({ secret, clock, refuse }: Gate): RequestHandler {
  return (request, response, next) => {
    const bytes = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
    const isSigned = isValidSlackRequest({
      signingSecret: secret.reveal(),
      body: bytes.toString(),
      headers: {
        'x-slack-signature': request.get('x-slack-signature') ?? '',
        'x-slack-request-timestamp': Number(request.get('x-slack-request-timestamp')),
      },
      nowMilliseconds: clock.now(),
    });
    Object.assign(request, { rawBody: bytes });
    if (isSigned) return next();
    refuse(response, {
      status: 401,
      detail: 'The signature is not over this body, or not by the signing secret.',
    });
  };
}

/** What asks nothing of us is taken in peace, because Slack shows people an error for any other answer. */
function sortOut({ refuse }: Gate): RequestHandler {
  return (request, response, next) => {
    const body = parse(request);
    if (body === undefined) return refuse(response, { status: 400, detail: 'The body can not be read.' });
    if (isForUs(body) || isProbe(body)) return next();
    response.status(200).end();
  };
}

/** As Bolt will; `undefined` for what is not of the type that it says. */
function parse(request: unknown): unknown {
  try {
    return HTTPModuleFunctions.parseHTTPRequestBody(request as Buffered) as unknown;
  } catch {
    return undefined;
  }
}
