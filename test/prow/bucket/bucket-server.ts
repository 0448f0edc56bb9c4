import type { IncomingMessage, ServerResponse } from 'node:http';
import { gunzipSync } from 'node:zlib';

import { resetConnection, startLocalServer, type LocalServer } from '../local-server.ts';
import type { Bucket, StoredObject } from './bucket.ts';
import { htmlPage, xmlError, type BucketFaultKind } from './bucket-fault.ts';
import { listObjects } from './bucket-list.ts';
import { readRange } from './byte-range.ts';

const xml = 'application/xml; charset=UTF-8';

/** Serves a bucket as storage.googleapis.com does: objects at `/BUCKET/path`, lists at the JSON API. */
export function startBucketServer(bucket: Bucket): Promise<LocalServer> {
  return startLocalServer((request, _body, response) => serve(bucket, request, response));
}

function serve(bucket: Bucket, request: IncomingMessage, response: ServerResponse): void {
  const url = new URL(request.url ?? '/', 'http://bucket');
  const [, listed] = /^\/storage\/v1\/b\/([^/]+)\/o$/.exec(url.pathname) ?? [];
  const on = listed === undefined ? 'object' : 'list';
  const name = decodeURIComponent(url.pathname.slice(1 + bucket.name.length + 1));
  const path = on === 'object' ? name : (url.searchParams.get('prefix') ?? '');
  const { method = 'GET' } = request;
  const answered = bucket.record({ method, on, path, range: request.headers.range ?? null });
  response.on('finish', () => answered(response.statusCode));
  if (method !== 'GET' && method !== 'HEAD') {
    return send(response, 405, xml, xmlError('MethodNotAllowed', 'The specified method is not allowed.'));
  }
  const fault = bucket.takeFault(on, path);
  if (fault !== null && answerFault(fault, response)) return;
  if (listed !== undefined) return serveList(bucket, listed, url.searchParams, response);
  if (!url.pathname.startsWith(`/${bucket.name}/`)) {
    return send(response, 404, xml, xmlError('NoSuchBucket', 'The specified bucket does not exist.'));
  }
  const object = bucket.object(path);
  if (object === null || fault === 'missing' || fault === 'late') {
    const details = `No such object: ${bucket.name}/${path}`;
    return send(response, 404, xml, xmlError('NoSuchKey', 'The specified key does not exist.', details));
  }
  serveObject(spoil(object, fault), request, response, fault === 'cut');
}

/** Answers faults that need no object. False for those that spoil the object itself. */
function answerFault(fault: BucketFaultKind, response: ServerResponse): boolean {
  if (fault === 'reset') resetConnection(response);
  else if (fault === 'html') send(response, 200, 'text/html; charset=utf-8', htmlPage);
  else if (fault === 'denied') {
    const details =
      'Anonymous caller does not have storage.objects.get access to the Google Cloud Storage object.';
    send(response, 403, xml, xmlError('AccessDenied', 'Access denied.', details));
  } else if (fault === '429')
    send(response, 429, xml, xmlError('SlowDown', 'Please reduce your request rate.'));
  else if (fault === '500')
    send(response, 500, xml, xmlError('InternalError', 'We encountered an internal error.'));
  else if (fault === '503') send(response, 503, xml, xmlError('ServiceUnavailable', 'Service unavailable.'));
  else return false;
  return true;
}

function spoil(object: StoredObject, fault: BucketFaultKind | null): StoredObject {
  if (fault !== 'truncated') return object;
  // It was stored that way: half of the content, so no length or checksum gives it away.
  const plain = object.gzip ? gunzipSync(object.bytes) : object.bytes;
  return { ...object, gzip: false, bytes: plain.subarray(0, Math.floor(plain.length / 2)) };
}

function serveList(bucket: Bucket, name: string, query: URLSearchParams, response: ServerResponse): void {
  if (name !== bucket.name) {
    const error = { code: 404, message: 'The specified bucket does not exist.' };
    return send(response, 404, 'application/json; charset=UTF-8', JSON.stringify({ error }));
  }
  const { status, body } = listObjects(bucket, query);
  send(response, status, 'application/json; charset=UTF-8', JSON.stringify(body, null, 2));
}

function serveObject(
  object: StoredObject,
  request: IncomingMessage,
  response: ServerResponse,
  cut: boolean,
): void {
  const acceptsGzip = /\bgzip\b/.test(request.headers['accept-encoding'] ?? '');
  response.setHeader('content-type', object.contentType);
  response.setHeader('last-modified', new Date(object.updatedAt).toUTCString());
  response.setHeader('x-goog-stored-content-encoding', object.gzip ? 'gzip' : 'identity');
  response.setHeader('x-goog-stored-content-length', String(object.bytes.length));
  if (object.gzip && !acceptsGzip) {
    // Decompressive transcoding: the length is unknown, Range is ignored.
    response.setHeader('warning', '214 UploadServer gunzipped');
    response.setHeader('transfer-encoding', 'chunked');
    return finish(response, 200, gunzipSync(object.bytes), request.method === 'HEAD', cut);
  }
  if (object.gzip) response.setHeader('content-encoding', 'gzip');
  response.setHeader('accept-ranges', 'bytes');
  const size = object.bytes.length;
  const range = readRange(request.headers.range, size);
  if (range === 'unsatisfiable') {
    response.removeHeader('content-encoding');
    response.setHeader('content-range', `bytes */${size}`);
    return send(response, 416, xml, xmlError('InvalidRange', 'The requested range cannot be satisfied.'));
  }
  const part = range === null ? object.bytes : object.bytes.subarray(range.first, range.last + 1);
  if (range !== null) response.setHeader('content-range', `bytes ${range.first}-${range.last}/${size}`);
  response.setHeader('content-length', String(part.length));
  finish(response, range === null ? 200 : 206, part, request.method === 'HEAD', cut);
}

function finish(
  response: ServerResponse,
  status: number,
  bytes: Buffer,
  headOnly: boolean,
  cut: boolean,
): void {
  response.writeHead(status);
  if (headOnly) return void response.end();
  if (!cut) return void response.end(bytes);
  response.write(bytes.subarray(0, Math.floor(bytes.length / 2)), () => resetConnection(response));
}

function send(response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(body) });
  response.end(response.req.method === 'HEAD' ? undefined : body);
}
