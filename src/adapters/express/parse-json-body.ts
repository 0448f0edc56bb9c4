import express, { type RequestHandler } from 'express';
import { sendProblem } from './send-problem.ts';

const jsonType = /^application\/(?:json|[^\s;/]+\+json)\s*(?:;|$)/i;
const maxBytes = 64 * 1024;

function requireJson(): RequestHandler {
  return (request, response, next) => {
    if (jsonType.test(request.headers['content-type'] ?? '')) return next();
    sendProblem(response, { status: 415, detail: 'Send the body as application/json in UTF-8.' });
  };
}

/** The parser itself takes any charset that begins with `utf-`. */
class OtherCharset extends Error {
  override name = 'OtherCharset';
  readonly status = 415;
}

function requireUtf8(_request: unknown, _response: unknown, _body: Buffer, charset: string): void {
  if (charset !== 'utf-8') throw new OtherCharset('the body is not UTF-8');
}

/**
 * Reads a JSON body: 415 for another type, charset or a compressed one, 413 over 64 KiB, 400 for broken JSON. Any
 * JSON is taken here; that it must be an object is for whoever reads the fields to say.
 */
export function parseJsonBody(): RequestHandler[] {
  const options = { limit: maxBytes, inflate: false, type: () => true, strict: false, verify: requireUtf8 };
  return [requireJson(), express.json(options)];
}
