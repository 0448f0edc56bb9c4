import { gunzipSync } from 'node:zlib';

import type { LocalServer } from '../local-server.ts';
import { type Asked, type Reply, replyWith, reset, serveReplies } from '../wire.ts';
import type { Bucket, StoredObject } from './bucket.ts';
import { htmlPage, xmlError, type BucketFaultKind } from './bucket-fault.ts';
import { listObjects } from './bucket-list.ts';
import { readRange } from './byte-range.ts';

const xml = 'application/xml; charset=UTF-8';
const json = 'application/json; charset=UTF-8';
const listPath = /^\/storage\/v1\/b\/([^/]+)\/o$/;

/** Serves buckets as storage.googleapis.com does: objects at `/BUCKET/path`, lists at the JSON API. */
export function startBucketServer(buckets: readonly Bucket[]): Promise<LocalServer> {
  return serveReplies((asked) => answerFromBuckets(buckets, asked));
}

/** Answers a request, come over the port or not. */
export function answerFromBuckets(buckets: readonly Bucket[], asked: Asked): Reply {
  const { pathname } = new URL(asked.path, 'http://bucket');
  const [, listed] = listPath.exec(pathname) ?? [];
  const asks = listed ?? pathname.split('/')[1];
  const bucket = buckets.find(({ name }) => name === asks);
  if (bucket !== undefined) return answerFromBucket(bucket, asked);
  return listed === undefined
    ? refuse(404, 'NoSuchBucket', 'The specified bucket does not exist.')
    : refuseList(404, 'The specified bucket does not exist.');
}

function answerFromBucket(bucket: Bucket, { method, path: target, headers }: Asked): Reply {
  const url = new URL(target, 'http://bucket');
  const [, listed] = listPath.exec(url.pathname) ?? [];
  const on = listed === undefined ? 'object' : 'list';
  const name = decodeURIComponent(url.pathname.slice(1 + bucket.name.length + 1));
  const path = on === 'object' ? name : (url.searchParams.get('prefix') ?? '');
  const answered = bucket.record({ method, on, path, range: headers['range'] ?? null });
  const reply = choose();
  if (reply.kind === 'reply' && !reply.isCut) answered(reply.status);
  return reply;

  function choose(): Reply {
    if (method !== 'GET' && method !== 'HEAD') {
      return refuse(405, 'MethodNotAllowed', 'The specified method is not allowed.');
    }
    if (bucket.isPrivate) return deny(on);
    const fault = bucket.takeFault(on, path);
    const instead = fault === null ? null : answerFault(fault, on);
    if (instead !== null) return instead;
    if (listed !== undefined) return serveList(bucket, url.searchParams);
    const object = bucket.object(path);
    if (object === null || fault === 'missing' || fault === 'late') {
      const details = `No such object: ${bucket.name}/${path}`;
      return refuse(404, 'NoSuchKey', 'The specified key does not exist.', details);
    }
    return serveObject(spoil(object, fault), headers, fault === 'cut');
  }
}

/** The answer to faults that need no object; `null` for those that spoil the object itself. */
function answerFault(fault: BucketFaultKind, on: 'object' | 'list'): Reply | null {
  switch (fault) {
    case 'reset':
      return reset;
    case 'html':
      return replyWith(200, { 'content-type': 'text/html; charset=utf-8' }, htmlPage);
    case 'denied':
      return deny(on);
    case '429':
      return refuse(429, 'SlowDown', 'Please reduce your request rate.');
    case '500':
      return refuse(500, 'InternalError', 'We encountered an internal error.');
    case '503':
      return refuse(503, 'ServiceUnavailable', 'Service unavailable.');
    case 'missing':
    case 'late':
    case 'truncated':
    case 'cut':
      return null;
  }
}

/** The XML API refuses an anonymous caller with 403, the JSON API with 401. */
function deny(on: 'object' | 'list'): Reply {
  const who = 'Anonymous caller does not have';
  if (on === 'list')
    return refuseList(401, `${who} storage.objects.list access to the Google Cloud Storage bucket.`);
  const details = `${who} storage.objects.get access to the Google Cloud Storage object.`;
  return refuse(403, 'AccessDenied', 'Access denied.', details);
}

function refuseList(code: number, message: string): Reply {
  return replyWith(code, { 'content-type': json }, JSON.stringify({ error: { code, message } }));
}

function refuse(status: number, code: string, message: string, details?: string): Reply {
  return replyWith(status, { 'content-type': xml }, xmlError(code, message, details));
}

function spoil(object: StoredObject, fault: BucketFaultKind | null): StoredObject {
  if (fault !== 'truncated') return object;
  // It was stored that way: half of the content, so no length or checksum gives it away.
  const plain = object.gzip ? gunzipSync(object.bytes) : object.bytes;
  return { ...object, gzip: false, bytes: plain.subarray(0, Math.floor(plain.length / 2)) };
}

function serveList(bucket: Bucket, query: URLSearchParams): Reply {
  const { status, body } = listObjects(bucket, query);
  return replyWith(status, { 'content-type': json }, JSON.stringify(body, null, 2));
}

function serveObject(object: StoredObject, asked: Asked['headers'], isCut: boolean): Reply {
  const acceptsGzip = /\bgzip\b/.test(asked['accept-encoding'] ?? '');
  const size = object.bytes.length;
  const headers = {
    'content-type': object.contentType,
    'last-modified': new Date(object.updatedAt).toUTCString(),
    'x-goog-stored-content-encoding': object.gzip ? 'gzip' : 'identity',
    'x-goog-stored-content-length': String(size),
  };
  if (object.gzip && !acceptsGzip) {
    // Decompressive transcoding: the length is unknown, Range is ignored.
    const unknown = { warning: '214 UploadServer gunzipped', 'transfer-encoding': 'chunked' };
    return replyWith(200, { ...headers, ...unknown }, gunzipSync(object.bytes), isCut);
  }
  const range = readRange(asked['range'], size);
  if (range === 'unsatisfiable') {
    const body = xmlError('InvalidRange', 'The requested range cannot be satisfied.');
    return replyWith(416, { ...headers, 'content-type': xml, 'content-range': `bytes */${size}` }, body);
  }
  const served = {
    ...headers,
    'accept-ranges': 'bytes',
    ...(object.gzip ? { 'content-encoding': 'gzip' } : {}),
  };
  if (range === null) return replyWith(200, served, object.bytes, isCut);
  const part = { ...served, 'content-range': `bytes ${range.first}-${range.last}/${size}` };
  return replyWith(206, part, object.bytes.subarray(range.first, range.last + 1), isCut);
}
