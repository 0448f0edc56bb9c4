import type { Bucket } from './bucket.ts';

/** The JSON API's `storage/v1/b/BUCKET/o`. A page holds at most so many items and prefixes together. */
const maxPage = 1000;

export interface ListAnswer {
  status: number;
  body: Record<string, unknown>;
}

/** Lists objects as Google Cloud Storage does; `fields` without `nextPageToken` leaves the token out. */
export function listObjects(bucket: Bucket, query: URLSearchParams): ListAnswer {
  const token = query.get('pageToken');
  const after = token === null ? null : Buffer.from(token, 'base64url').toString();
  if (after !== null && Buffer.from(after).toString('base64url') !== token)
    return refuse(400, 'Invalid Value: pageToken');
  const asked = Number(query.get('maxResults') ?? maxPage);
  if (!Number.isInteger(asked) || asked < 0) return refuse(400, 'Invalid Value: maxResults');
  const limit = asked === 0 ? maxPage : Math.min(asked, maxPage);
  const entries = new Entries(bucket, query);
  const page: Entry[] = [];
  let more = false;
  for (const entry of entries) {
    if (after !== null && entry.name <= after) continue;
    more = page.length === limit;
    if (more) break;
    page.push(entry);
  }
  const body = pageBody(bucket, page, more);
  return { status: 200, body: pickFields(body, query.get('fields')) };
}

function refuse(status: number, message: string): ListAnswer {
  return {
    status,
    body: { error: { code: status, message, errors: [{ message, domain: 'global', reason: 'invalid' }] } },
  };
}

interface Entry {
  name: string;
  isPrefix: boolean;
}

/** Objects and, with a delimiter, the folders they are rolled up into, in order of name. */
class Entries implements Iterable<Entry> {
  readonly #bucket: Bucket;
  readonly #query: URLSearchParams;

  constructor(bucket: Bucket, query: URLSearchParams) {
    this.#bucket = bucket;
    this.#query = query;
  }

  *[Symbol.iterator](): Iterator<Entry> {
    const prefix = this.#query.get('prefix') ?? '';
    const delimiter = this.#query.get('delimiter') ?? '';
    const start = this.#query.get('startOffset') ?? '';
    const end = this.#query.get('endOffset');
    let last = '';
    for (const name of this.#bucket.names(prefix, start)) {
      if ((end !== null && name >= end) || this.#bucket.isHidden(name)) continue;
      const cut = delimiter === '' ? -1 : name.indexOf(delimiter, prefix.length);
      if (cut === -1) {
        yield { name, isPrefix: false };
        continue;
      }
      const folder = name.slice(0, cut + delimiter.length);
      if (folder !== last) yield { name: folder, isPrefix: true };
      last = folder;
    }
  }
}

function pageBody(bucket: Bucket, page: readonly Entry[], more: boolean): Record<string, unknown> {
  const prefixes = page.filter(({ isPrefix }) => isPrefix).map(({ name }) => name);
  const items = page.filter(({ isPrefix }) => !isPrefix).map(({ name }) => item(bucket, name));
  const last = page.at(-1);
  return {
    kind: 'storage#objects',
    ...(more && last !== undefined ? { nextPageToken: Buffer.from(last.name).toString('base64url') } : {}),
    ...(prefixes.length > 0 ? { prefixes } : {}),
    ...(items.length > 0 ? { items } : {}),
  };
}

function item(bucket: Bucket, name: string): Record<string, unknown> {
  const object = bucket.object(name);
  if (object === null) return { name };
  const updated = new Date(object.updatedAt).toISOString();
  return {
    kind: 'storage#object',
    name,
    bucket: bucket.name,
    generation: String(object.updatedAt * 1000),
    contentType: object.contentType,
    ...(object.gzip ? { contentEncoding: 'gzip' } : {}),
    size: String(object.bytes.length),
    timeCreated: updated,
    updated,
  };
}

/** Keeps the top-level fields that `fields` names; what it asks for inside of them is given whole. */
function pickFields(body: Record<string, unknown>, fields: string | null): Record<string, unknown> {
  if (fields === null || fields === '*') return body;
  const wanted = fields
    .replace(/\([^)]*\)/g, '')
    .split(',')
    .map((field) => field.trim().split('/')[0]);
  return Object.fromEntries(Object.entries(body).filter(([key]) => wanted.includes(key)));
}
