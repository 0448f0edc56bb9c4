import express, { type RequestHandler } from 'express';
import { readJsonBody } from '../../intake/read-json-body.ts';
import { sendProblem } from './problem.ts';

const jsonType = /^application\/(?:json|[^\s;/]+\+json)\s*(?:;|$)/i;
const otherCharset = /;\s*charset\s*=\s*(?!"?utf-8"?\s*(?:;|$))/i;
const maxBytes = 64 * 1024;

/** Reads a JSON body. Any JSON is taken here; that it must be an object is for whoever reads the fields to say. */
export function parseJsonBody(): RequestHandler[] {
  return [...readBytes(), parseBytes];
}

/** Reads the bytes of a body: 415 for another type or charset than JSON's or a compressed one, 413 over 64 KiB. */
export function readBytes(): RequestHandler[] {
  return [requireJson, express.raw({ limit: maxBytes, inflate: false, type: () => true })];
}

/** 400 for what is no JSON, or JSON of a shape that nobody sends in earnest. */
export const parseBytes: RequestHandler = (request, response, next) => {
  const reading = readJsonBody(bytesOf(request));
  if (reading.ok) {
    request.body = reading.value;
    return next();
  }
  // The log of a step may show the detail alone.
  const errors = [{ field: 'body', message: reading.message }];
  sendProblem(response, { status: 400, detail: `Invalid request body: it ${reading.message}.`, errors });
};

/** What `readBytes` found; none where the request has no body. */
export function bytesOf({ body }: { body?: unknown }): Buffer {
  return Buffer.isBuffer(body) ? body : Buffer.alloc(0);
}

const requireJson: RequestHandler = ({ headers }, response, next) => {
  const type = headers['content-type'] ?? '';
  if (jsonType.test(type) && !otherCharset.test(type)) return next();
  sendProblem(response, { status: 415, detail: 'Send the body as application/json in UTF-8.' });
};
