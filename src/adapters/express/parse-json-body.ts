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

/** Reads a JSON body: 415 for another type, charset or a compressed one, 413 over 64 KiB, 400 for broken JSON. */
export function parseJsonBody(): RequestHandler[] {
  return [requireJson(), express.json({ limit: maxBytes, inflate: false, type: () => true })];
}
