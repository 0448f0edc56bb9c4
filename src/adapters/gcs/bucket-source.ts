import { TextDecoder } from 'node:util';
import { z } from 'zod';
import type { ArtifactSource, Found, ListLimits } from '../../evidence/artifacts/artifact-source.ts';
import {
  BodyTooLarge,
  describeFault,
  type HttpClient,
  type HttpOutcome,
  type HttpResponse,
  encodeSegment,
} from '../../http/http-client.ts';
import { bucketOf, pathInBucket } from '../../job/run.ts';
import { parseJson } from '../../text/json.ts';

interface BucketOptions {
  /** `https://storage.googleapis.com`, without a slash at the end. */
  url: string;
  /** No other bucket is ever read. */
  buckets: readonly string[];
  http: HttpClient;
}

/** What a request asks for, and in which bucket. */
interface Target {
  bucket: string;
  url: string;
}

const timeoutMs = 60_000;
/** An object stored with gzip is sent whole, its range ignored; past this much a log is not worth its end. */
const maxTailBytes = 512 * 1024 * 1024;
/** No reader of a stream reads more. */
const maxStreamBytes = 512 * 1024 * 1024;
const maxListBytes = 4 * 1024 * 1024;
const maxListPages = 20;
/** What `listObjects` gives at most. */
const maxObjects = 100;
const badList = { kind: 'unavailable', why: 'the answer is not a list of the JSON API' } as const;

/** What Prow never writes: an object whose path leads elsewhere. */
const absent = { kind: 'absent' } as const;

/** Public buckets over plain HTTP: objects by `GET`, folders by the JSON API (PROW.md, 3). */
export class BucketSource implements ArtifactSource {
  readonly buckets: readonly string[];
  readonly #options: BucketOptions;

  constructor(options: BucketOptions) {
    this.buckets = options.buckets;
    this.#options = options;
  }

  async read(path: string, maxBytes: number): Promise<Found<string>> {
    const response = await this.#getObject(path);
    if (response.kind !== 'found') return response;
    return readWhole(response.value, maxBytes);
  }

  async stream(path: string): Promise<Found<AsyncIterable<Uint8Array>>> {
    const response = await this.#getObject(path);
    if (response.kind !== 'found') return response;
    return refuseLarge(response.value, maxStreamBytes) ?? { kind: 'found', value: response.value.body };
  }

  async tail(path: string, bytes: number): Promise<Found<string>> {
    const target = this.#targetOf(path);
    const response = target === null ? absent : await this.#getEnd(target, bytes);
    if (response.kind !== 'found') return response;
    if (response.value === null) return { kind: 'found', value: '' };
    const refusal = refuseLarge(response.value, maxTailBytes);
    if (refusal !== null) return refusal;
    try {
      const end = await readEnd(response.value.body, bytes);
      return { kind: 'found', value: new TextDecoder().decode(end) };
    } catch (error) {
      return miss(error, maxTailBytes);
    }
  }

  async listFolders(
    folder: string,
    from: string,
    { before, pages = maxListPages }: ListLimits = {},
  ): Promise<Found<string[]>> {
    const bucket = bucketOf(folder);
    if (!this.#isRead(bucket)) return absent;
    const prefix = `${pathInBucket(folder)}/`;
    const names: string[] = [];
    let pageToken: string | null = null;
    for (let page = 0; page < pages; page += 1) {
      const found: Found<string> = await this.#list(bucket, {
        prefix,
        delimiter: '/',
        fields: 'prefixes,nextPageToken',
        ...(from === '' ? {} : { startOffset: prefix + from }),
        ...(before === undefined ? {} : { endOffset: prefix + before }),
        ...(pageToken === null ? {} : { pageToken }),
      });
      if (found.kind !== 'found') return found;
      const listing = readListing(found.value, prefix);
      if (listing === null) return badList;
      names.push(...listing.folders);
      if (listing.nextPageToken === null) return { kind: 'found', value: names };
      pageToken = listing.nextPageToken;
    }
    // The newest sort last, so a list that is cut would lack just what is asked for.
    return { kind: 'too-large', limit: 1_000 * pages, unit: 'names' };
  }

  async listObjects(folder: string): Promise<Found<string[]>> {
    const bucket = bucketOf(folder);
    if (!this.#isRead(bucket)) return absent;
    const prefix = `${pathInBucket(folder)}/`;
    // One page: the rest is not requested.
    const found = await this.#list(bucket, {
      prefix,
      fields: 'items(name),nextPageToken',
      maxResults: `${maxObjects}`,
    });
    if (found.kind !== 'found') return found;
    const names = readObjectNames(found.value, prefix);
    return names === null ? badList : { kind: 'found', value: names.slice(0, maxObjects) };
  }

  /** An answer that holds at least the last `bytes`; `null` where the object is empty, so has no last byte to send. */
  async #getEnd(target: Target, bytes: number): Promise<Found<HttpResponse | null>> {
    const outcome = await this.#call(target.url, { range: `bytes=-${bytes}` });
    if (outcome.kind === 'answered' && outcome.status === 416) {
      outcome.drop();
      return { kind: 'found', value: null };
    }
    // The end of what is compressed can't be read without its beginning.
    if (
      outcome.kind === 'answered' &&
      outcome.status === 206 &&
      outcome.headers['content-encoding'] === 'gzip'
    ) {
      outcome.drop();
      return this.#get(target);
    }
    return sortOut(outcome, target.bucket);
  }

  /** A page of the JSON API's list as text. */
  async #list(bucket: string, query: Record<string, string>): Promise<Found<string>> {
    const list = `${this.#options.url}/storage/v1/b/${encodeURIComponent(bucket)}/o`;
    const response = await this.#get({ bucket, url: `${list}?${new URLSearchParams(query)}` });
    return response.kind === 'found' ? readWhole(response.value, maxListBytes) : response;
  }

  #isRead(bucket: string): boolean {
    return this.buckets.includes(bucket);
  }

  /** `null` if the bucket is not one of ours, or the path has no valid address in it. */
  #targetOf(path: string): Target | null {
    const bucket = bucketOf(path);
    const parts = path.split('/').map(encodeSegment);
    if (!this.#isRead(bucket) || parts.includes(null)) return null;
    return { bucket, url: `${this.#options.url}/${parts.join('/')}` };
  }

  async #getObject(path: string): Promise<Found<HttpResponse>> {
    const target = this.#targetOf(path);
    return target === null ? absent : this.#get(target);
  }

  async #get({ bucket, url }: Target): Promise<Found<HttpResponse>> {
    return sortOut(await this.#call(url, {}), bucket);
  }

  #call(url: string, headers: Record<string, string>): Promise<HttpOutcome> {
    return this.#options.http.call({ method: 'GET', url, headers, timeoutMs });
  }
}

/** The XML API refuses anonymous callers with 403, the JSON API with 401. */
function sortOut(outcome: HttpOutcome, bucket: string): Found<HttpResponse> {
  if (outcome.kind !== 'answered') return { kind: 'unavailable', why: outcome.why };
  if (outcome.status === 200 || outcome.status === 206) return { kind: 'found', value: outcome };
  outcome.drop();
  if (outcome.status === 401 || outcome.status === 403) return { kind: 'denied', bucket };
  return outcome.status === 404 ? { kind: 'absent' } : { kind: 'unavailable', why: `HTTP ${outcome.status}` };
}

async function readWhole(response: HttpResponse, maxBytes: number): Promise<Found<string>> {
  const refusal = refuseLarge(response, maxBytes);
  if (refusal !== null) return refusal;
  try {
    return { kind: 'found', value: await response.text(maxBytes) };
  } catch (error) {
    return miss(error, maxBytes);
  }
}

/** If the answer says that it is too large, nothing is downloaded. The size of compressed content shows while it is read. */
function refuseLarge(response: HttpResponse, maxBytes: number): Found<never> | null {
  const { 'content-length': length = 0, 'content-encoding': encoding } = response.headers;
  if (encoding === 'gzip' || Number(length) <= maxBytes) return null;
  response.drop();
  return { kind: 'too-large', limit: maxBytes, unit: 'bytes' };
}

function miss(error: unknown, maxBytes: number): Found<never> {
  if (error instanceof BodyTooLarge) return { kind: 'too-large', limit: maxBytes, unit: 'bytes' };
  return { kind: 'unavailable', why: describeFault(error) };
}

async function readEnd(body: AsyncIterable<Uint8Array>, bytes: number): Promise<Uint8Array> {
  let kept: Uint8Array[] = [];
  let keptBytes = 0;
  let total = 0;
  for await (const chunk of body) {
    total += chunk.length;
    if (total > maxTailBytes) throw new BodyTooLarge(`more than ${maxTailBytes} bytes`);
    kept.push(chunk);
    keptBytes += chunk.length;
    if (keptBytes > 4 * bytes) {
      kept = [Buffer.concat(kept).subarray(-bytes)];
      keptBytes = bytes;
    }
  }
  return Buffer.concat(kept).subarray(-bytes);
}

const FolderList = z.object({
  prefixes: z.array(z.string()).optional(),
  nextPageToken: z.string().optional(),
});

const ObjectList = z.object({ items: z.array(z.object({ name: z.string() })).optional() });

interface FolderListing {
  /** Names right under the prefix, without it and without slashes. */
  folders: string[];
  nextPageToken: string | null;
}

/** Reads a page of `GET /storage/v1/b/BUCKET/o?delimiter=/`; `null` where it is something else. */
function readListing(text: string, prefix: string): FolderListing | null {
  const parsed = FolderList.safeParse(parseJson(text));
  if (!parsed.success) return null;
  const folders = (parsed.data.prefixes ?? []).map((path) => path.slice(prefix.length).replace(/\/$/, ''));
  return { folders, nextPageToken: parsed.data.nextPageToken ?? null };
}

/** Reads the objects' names without `prefix` from a page of `GET /storage/v1/b/BUCKET/o`; `null`: it is no such page. */
function readObjectNames(text: string, prefix: string): string[] | null {
  const parsed = ObjectList.safeParse(parseJson(text));
  if (!parsed.success) return null;
  const inside = (parsed.data.items ?? []).filter(({ name }) => name.startsWith(prefix));
  return inside.map(({ name }) => name.slice(prefix.length));
}
