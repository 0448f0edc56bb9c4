import express, { type RequestHandler } from 'express';
import { describeJsonFault } from '../../text/describe-json-fault.ts';
import { sendProblem } from './problem.ts';

const jsonType = /^application\/(?:json|[^\s;/]+\+json)\s*(?:;|$)/i;
const otherCharset = /;\s*charset\s*=\s*(?!"?utf-8"?\s*(?:;|$))/i;
const maxBytes = 64 * 1024;

const decoder = new TextDecoder();

/** Reads a JSON body of any shape into `request.body`. The schema of a route checks the shape. */
export function parseJsonBody(): RequestHandler[] {
  return [...readBytes(), parseBytes];
}

/** Reads the bytes of a body. 415: its type or charset is not that of JSON, or it is compressed. 413: over 64 KiB. */
export function readBytes(): RequestHandler[] {
  return [requireJson, express.raw({ limit: maxBytes, inflate: false, type: () => true })];
}

/** Parses what `readBytes` read. 400: the body is not JSON. If a key is repeated, its last value counts. */
export const parseBytes: RequestHandler = (request, response, next) => {
  const text = decoder.decode(bytesOf(request));
  try {
    request.body = JSON.parse(text) as unknown;
  } catch {
    const message = describeJsonFault(text);
    // The log of a step may show the detail alone.
    const detail = `Invalid request body: it ${message}.`;
    return sendProblem(response, { status: 400, detail, errors: [{ field: 'body', message }] });
  }
  next();
};

/** The bytes that `readBytes` read; none if the request has no body. */
export function bytesOf({ body }: { body?: unknown }): Buffer {
  return Buffer.isBuffer(body) ? body : Buffer.alloc(0);
}

const requireJson: RequestHandler = ({ headers }, response, next) => {
  const type = headers['content-type'] ?? '';
  if (jsonType.test(type) && !otherCharset.test(type)) return next();
  sendProblem(response, { status: 415, detail: 'Send the body as application/json in UTF-8.' });
};
