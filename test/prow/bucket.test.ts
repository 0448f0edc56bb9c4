import assert from 'node:assert/strict';
import { request } from 'node:http';
import { test, type TestContext } from 'node:test';
import { gunzipSync } from 'node:zlib';

import { prowForTest } from './prow-for-test.ts';
import type { Prow } from './start-prow.ts';

interface Raw {
  status: number;
  headers: Record<string, unknown>;
  bytes: Buffer;
}

interface Listing {
  prefixes?: string[];
  items?: { name: string }[];
  nextPageToken?: string;
}

/** A plain request: fetch would ask for gzip and decompress by itself. */
function get(prow: Prow, path: string, headers: Record<string, string> = {}): Promise<Raw> {
  return new Promise((resolve, reject) => {
    const sent = request(`${prow.bucketUrl}/${prow.bucketName}/${path}`, { headers }, (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => parts.push(part));
      response.on('error', reject);
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, bytes: Buffer.concat(parts) }),
      );
    });
    sent.on('error', reject);
    sent.end();
  });
}

async function list(prow: Prow, query: string): Promise<Listing> {
  const response = await fetch(`${prow.bucketUrl}/storage/v1/b/${prow.bucketName}/o?${query}`);
  return (await response.json()) as Listing;
}

async function bucketOf(t: TestContext) {
  const { prow } = await prowForTest(t);
  prow.bucket.put('a/log.txt', '0123456789');
  prow.bucket.put('a/empty.txt', '');
  prow.bucket.put('a/packed.txt', 'x'.repeat(5000), { gzip: true });
  return { prow };
}

test('ranges: a suffix, a span, one beyond the end, one of an empty object', async (t) => {
  const { prow } = await bucketOf(t);
  const tail = await get(prow, 'a/log.txt', { range: 'bytes=-4' });
  assert.deepEqual(
    [tail.status, tail.bytes.toString(), tail.headers['content-range']],
    [206, '6789', 'bytes 6-9/10'],
  );
  const span = await get(prow, 'a/log.txt', { range: 'bytes=2-3' });
  assert.deepEqual([span.status, span.bytes.toString()], [206, '23']);
  const more = await get(prow, 'a/log.txt', { range: 'bytes=-65536' });
  assert.deepEqual([more.status, more.bytes.length], [206, 10]);
  assert.equal((await get(prow, 'a/log.txt', { range: 'bytes=10-' })).status, 416);
  const empty = await get(prow, 'a/empty.txt', { range: 'bytes=-65536' });
  assert.deepEqual([empty.status, empty.headers['content-range']], [416, 'bytes */0']);
  assert.equal((await get(prow, 'a/empty.txt')).status, 200);
});

test('a compressed object comes as stored to who takes gzip, and whole to who does not', async (t) => {
  const { prow } = await bucketOf(t);
  const packed = await get(prow, 'a/packed.txt', { 'accept-encoding': 'gzip' });
  assert.equal(packed.headers['content-encoding'], 'gzip');
  assert.equal(gunzipSync(packed.bytes).length, 5000);
  const plain = await get(prow, 'a/packed.txt', { range: 'bytes=-10' });
  assert.deepEqual(
    [plain.status, plain.bytes.length, plain.headers['content-length']],
    [200, 5000, undefined],
  );
  const part = await get(prow, 'a/packed.txt', { range: 'bytes=-10', 'accept-encoding': 'gzip' });
  assert.deepEqual([part.status, part.bytes.length], [206, 10]);
});

test('a missing object is a 404 in XML', async (t) => {
  const { prow } = await bucketOf(t);
  const { status, headers, bytes } = await get(prow, 'a/none');
  assert.deepEqual([status, headers['content-type']], [404, 'application/xml; charset=UTF-8']);
  assert.match(
    bytes.toString(),
    /<Code>NoSuchKey<\/Code>[^]*No such object: test-platform-results-public\/a\/none/,
  );
});

test('a list rolls folders up and goes on by page', async (t) => {
  const { prow } = await prowForTest(t);
  for (const build of ['1', '2', '3', '4']) prow.bucket.put(`logs/job/${build}/started.json`, '{}');
  prow.bucket.put('logs/job/latest-build.txt', '4');
  const all = await list(prow, 'prefix=logs/job/&delimiter=/');
  assert.deepEqual(all.prefixes, ['logs/job/1/', 'logs/job/2/', 'logs/job/3/', 'logs/job/4/']);
  assert.deepEqual(
    all.items?.map(({ name }) => name),
    ['logs/job/latest-build.txt'],
  );
  const first = await list(prow, 'prefix=logs/job/&delimiter=/&maxResults=3');
  assert.deepEqual(first.prefixes, ['logs/job/1/', 'logs/job/2/', 'logs/job/3/']);
  const rest = await list(prow, `prefix=logs/job/&delimiter=/&maxResults=3&pageToken=${first.nextPageToken}`);
  assert.deepEqual([rest.prefixes, rest.items?.length, rest.nextPageToken], [['logs/job/4/'], 1, undefined]);
  const narrow = await list(prow, 'prefix=logs/job/&delimiter=/&maxResults=3&fields=prefixes');
  assert.deepEqual(Object.keys(narrow), ['prefixes'], 'no nextPageToken unless it is asked for');
  assert.equal((await list(prow, 'prefix=none/')).items, undefined);
});
