import assert from 'node:assert/strict';
import type { RequestListener } from 'node:http';
import { test, type TestContext } from 'node:test';
import { gzipSync } from 'node:zlib';
import { BucketSource } from '../../../src/adapters/gcs/bucket-source.ts';
import { createHttpClient } from '../../../src/http/http-client.ts';
import { VirtualClock } from '../../time/virtual-clock.ts';
import type { BucketFaultKind } from '../../prow/bucket/bucket-fault.ts';
import { prowForTest } from '../../prow/prow-for-test.ts';
import { serveHttp } from '../raw-server.ts';

/** In the bucket, and as a source takes it. */
const object = 'logs/a-job/1/build-log.txt';
const path = `b/${object}`;

async function sourceOfProw(t: TestContext) {
  const { prow, clock } = await prowForTest(t, { bucketName: 'b', otherBuckets: ['c', 'd'] });
  return { prow, bucket: prow.bucket, ...sourceFor(t, prow.bucketUrl, ['b', 'c'], clock) };
}

function sourceFor(t: TestContext, url: string, buckets = ['b'], clock = new VirtualClock()) {
  const http = createHttpClient(clock);
  t.after(() => http.close());
  return { clock, source: new BucketSource({ url, buckets, http }) };
}

async function serve(t: TestContext, answer: RequestListener) {
  const { url, requests } = await serveHttp(t, answer);
  return { requests, ...sourceFor(t, url) };
}

function found<T>(value: T) {
  return { kind: 'found', value };
}

for (const gzip of [false, true]) {
  test(`reads an object${gzip ? ' stored with gzip' : ''} whole, as a stream and its end`, async (t) => {
    const { bucket, source } = await sourceOfProw(t);
    const content = `${'line of a log\n'.repeat(20_000)}the end, ü`;
    bucket.put(object, content, { gzip });
    assert.deepEqual(await source.read(path, 1_000_000), found(content));
    const stream = await source.stream(path);
    assert.ok(stream.kind === 'found');
    assert.equal(Buffer.concat(await Array.fromAsync(stream.value)).toString(), content);
    assert.deepEqual(await source.tail(path, 11), found('the end, ü'));
    assert.deepEqual(await source.tail(path, 9_999_999), found(content));
    assert.equal(bucket.calls.at(-2)?.status, gzip ? 200 : 206);
    const much = await source.read(path, 99);
    assert.deepEqual(much, { kind: 'too-large', limit: 99, unit: 'bytes' });
  });
}

test('an empty object is found, and empty', async (t) => {
  const { bucket, source } = await sourceOfProw(t);
  for (const gzip of [false, true]) {
    bucket.put(object, '', { gzip });
    assert.deepEqual([await source.read(path, 9), await source.tail(path, 9)], [found(''), found('')]);
  }
});

const faults: [BucketFaultKind, string][] = [
  ['missing', 'absent'],
  ['denied', 'denied'],
  ['429', 'unavailable'],
  ['500', 'unavailable'],
  ['503', 'unavailable'],
  ['reset', 'unavailable'],
  ['cut', 'unavailable'],
  // Neither length nor status gives it away; whoever reads the text sees it.
  ['truncated', 'found'],
  ['html', 'found'],
];
for (const [kind, expected] of faults) {
  test(`an object that is ${kind} is ${expected}`, async (t) => {
    const { bucket, source } = await sourceOfProw(t);
    for (const gzip of [false, true]) {
      bucket.put(object, 'x'.repeat(100_000), { gzip });
      bucket.fault({ path: 'build-log.txt', kind });
      const kinds = [(await source.read(path, 1_000_000)).kind, (await source.tail(path, 90_000)).kind];
      assert.deepEqual(kinds, [expected, expected]);
    }
  });
}

test('a stream that breaks throws where it is read', async (t) => {
  const { bucket, source } = await sourceOfProw(t);
  bucket.put(object, 'x'.repeat(100_000));
  bucket.fault({ path: 'build-log.txt', kind: 'cut' });
  const stream = await source.stream(path);
  assert.ok(stream.kind === 'found');
  await assert.rejects(Array.fromAsync(stream.value));
});

test('a bucket that is down or hangs is unavailable', async (t) => {
  const { clock, source, requests } = await serve(t, (_, response) => {
    if (requests.length === 1) arrived.resolve();
    else response.writeHead(200).write('part', () => arrived.resolve());
  });
  let arrived = Promise.withResolvers<void>();
  for (let i = 0; i < 2; i += 1) {
    arrived = Promise.withResolvers<void>();
    const reading = source.read(path, 99);
    await arrived.promise;
    clock.advance(60_000);
    const outcome = await reading;
    assert.match(outcome.kind === 'unavailable' ? outcome.why : '', /answer within \d+ ms$/);
  }
  const down = sourceFor(t, 'http://127.0.0.1:1').source;
  assert.equal((await down.tail(path, 9)).kind, 'unavailable');
  assert.equal((await down.listFolders('b/logs', '')).kind, 'unavailable');
});

test('where the end of what is compressed is sent, the whole is asked for', async (t) => {
  const stored = gzipSync('the whole log');
  const { source, requests } = await serve(t, ({ headers: { range } }, response) => {
    response.setHeader('content-encoding', 'gzip');
    response
      .writeHead(range === undefined ? 200 : 206)
      .end(range === undefined ? stored : stored.subarray(-9));
  });
  assert.deepEqual(await source.tail(path, 3), found('log'));
  assert.deepEqual(
    requests.map(({ headers }) => headers.range),
    ['bytes=-3', undefined],
  );
});

test('a name is encoded part by part', async (t) => {
  const { bucket, source } = await sourceOfProw(t);
  const odd = 'logs/a job/50%/ü?#&+%2F/x.txt';
  bucket.put(odd, 'odd');
  assert.deepEqual(
    [await source.read(`b/${odd}`, 9), await source.tail(`b/${odd}`, 9)],
    [found('odd'), found('odd')],
  );
  assert.deepEqual(await source.listFolders('b/logs/a job/50%', ''), found(['ü?#&+%2F']));
});

test('lists the folders of a job over many pages, from a name on', async (t) => {
  const { bucket, source } = await sourceOfProw(t);
  const ids = Array.from({ length: 2_345 }, (_, i) => String(1_000_000 + i));
  for (const id of ids) bucket.put(`logs/a-job/${id}/finished.json`, '{}');
  bucket.put('logs/a-job/latest-build.txt', '1');
  bucket.put('logs/a-job-2/1/finished.json', '{}');
  assert.deepEqual(await source.listFolders('b/logs/a-job', ''), found(ids));
  assert.equal(bucket.calls.filter(({ on }) => on === 'list').length, 3);
  assert.deepEqual(await source.listFolders('b/logs/a-job', '1002343'), found(['1002343', '1002344']));
  assert.deepEqual(await source.listFolders('b/logs/none', ''), found([]));
});

test('a list that fails on any page, is a page of HTML, or never ends is no list', async (t) => {
  const { bucket, source } = await sourceOfProw(t);
  for (const kind of ['html', '503', 'reset'] as const) {
    const cancel = bucket.fault({ path: '/', kind, on: 'list' });
    assert.equal((await source.listFolders('b/logs/a-job', '')).kind, 'unavailable');
    cancel();
  }
  const bodies = ['[]', '{"prefixes":"logs/"}', '{"prefixes":[7]}', '{"nextPageToken":{}}', 'null', '{'];
  for (const body of bodies) {
    const odd = await serve(t, (_, response) => response.end(body));
    assert.equal((await odd.source.listFolders('b/logs/a-job', '')).kind, 'unavailable', body);
  }
  const endless = await serve(t, ({ url }, response) => {
    const page = new URL(url ?? '', 'http://b').searchParams.get('pageToken') ?? '';
    response.end(JSON.stringify({ prefixes: [`logs/a-job/1${page}/`], nextPageToken: `${page}1` }));
  });
  const tooLong = { kind: 'too-large', limit: 20_000, unit: 'names' };
  assert.deepEqual(await endless.source.listFolders('b/logs/a-job', ''), tooLong);
  const second = await serve(t, ({ url }, response) => {
    if (url?.includes('pageToken') === true) response.writeHead(500).end();
    else response.end('{"prefixes":["logs/a-job/1/"],"nextPageToken":"x"}');
  });
  assert.equal((await second.source.listFolders('b/logs/a-job', '')).kind, 'unavailable');
});

test('lists the objects below a folder, however deep, and the first 100 at most', async (t) => {
  const { bucket, source } = await sourceOfProw(t);
  const names = Array.from({ length: 130 }, (_, index) => `label-${String(index).padStart(3, '0')}.json`);
  for (const name of names) bucket.put(`logs/a-job/1/labels/${name}`, '{}');
  bucket.put('logs/a-job/1/labels/deep/er.json', '{}');
  bucket.put('logs/a-job/1/labels-2/x.json', '{}');
  const first = ['deep/er.json', ...names].slice(0, 100);
  assert.deepEqual(await source.listObjects(`${bucket.name}/logs/a-job/1/labels`), found(first));
  assert.equal(bucket.calls.filter(({ on }) => on === 'list').length, 1);
  assert.deepEqual(await source.listObjects(`${bucket.name}/logs/none`), found([]));
});

test('asks for names alone, and for no more than it gives', async (t) => {
  const { source, requests } = await serve(t, (_, response) => response.end('{}'));
  await source.listObjects('b/logs/a job/1');
  const { pathname, searchParams } = new URL(requests[0]?.url ?? '', 'http://b');
  assert.equal(pathname, '/storage/v1/b/b/o');
  assert.deepEqual(Object.fromEntries(searchParams), {
    prefix: 'logs/a job/1/',
    fields: 'items(name),nextPageToken',
    maxResults: '100',
  });
});

test('objects of other folders are left out, and an answer that is not a list is unavailable', async (t) => {
  const items = [{ name: 'logs/b/x.json' }, { name: 'logs/a/x.json' }];
  const elsewhere = await serve(t, (_, response) => response.end(JSON.stringify({ items })));
  assert.deepEqual(await elsewhere.source.listObjects('b/logs/a'), found(['x.json']));
  for (const body of ['[]', '{"items":{}}', '{"items":[7]}', '{"items":[{"name":7}]}', '<html>', '']) {
    const odd = await serve(t, (_, response) => response.end(body));
    assert.equal((await odd.source.listObjects('b/logs/a')).kind, 'unavailable', body);
  }
});

/** Names that would be another address, were they not encoded, and how the server sees them. */
const odd: [string, string][] = [
  ['..%2f..', '..%252f..'],
  ['?a=b', '%3Fa%3Db'],
  ['#x', '%23x'],
  ['a\\..\\b', 'a%5C..%5Cb'],
  ['a\r\nHost: b', 'a%0D%0AHost%3A%20b'],
  ['\u00fc\ud83d\ude00', '%C3%BC%F0%9F%98%80'],
  ['half \ud83d', 'half%20%EF%BF%BD'],
  ['@evil.test:80', '%40evil.test%3A80'],
  ['.%2e', '.%252e'],
  ['...', '...'],
];

test('a name never leads elsewhere: every call shows it encoded, under the bucket', async (t) => {
  const { url, requests } = await serveHttp(t, (_, response) => response.end('{}'));
  const { source } = sourceFor(t, `${url}/root`, ['a.b_c-1']);
  for (const [name, encoded] of odd) {
    requests.splice(0);
    const whole = `a.b_c-1/logs/${name}/1/x.txt`;
    await source.read(whole, 9);
    await source.tail(whole, 9);
    const stream = await source.stream(whole);
    if (stream.kind === 'found') await Array.fromAsync(stream.value);
    await source.listFolders(`a.b_c-1/logs/${name}`, name);
    const paths = requests.map((request) => request.url ?? '');
    const seen = `/root/a.b_c-1/logs/${encoded}/1/x.txt`;
    assert.deepEqual(paths.slice(0, 3), [seen, seen, seen]);
    const { pathname, searchParams, hash } = new URL(paths[3] ?? '', url);
    assert.deepEqual([pathname, hash], ['/root/storage/v1/b/a.b_c-1/o', '']);
    const text = name.toWellFormed();
    assert.deepEqual(Object.fromEntries(searchParams), {
      prefix: `logs/${text}/`,
      delimiter: '/',
      fields: 'prefixes,nextPageToken',
      startOffset: `logs/${text}/${text}`,
    });
  }
});

test('a path that climbs out of the bucket, or could, is absent without a call', async (t) => {
  const { url, requests } = await serveHttp(t, (_, response) => response.end('another bucket'));
  const { source } = sourceFor(t, url);
  for (const climbing of [
    'b/../other/x',
    '../b/x',
    'b/logs/../../other/x',
    'b/logs/./x',
    'b/..',
    '..',
    'b/logs/..',
  ]) {
    const kinds = [source.read(climbing, 99), source.tail(climbing, 99), source.stream(climbing)];
    assert.deepEqual(
      (await Promise.all(kinds)).map(({ kind }) => kind),
      ['absent', 'absent', 'absent'],
    );
  }
  assert.equal(requests.length, 0);
});

test('each of the configured buckets is read, and no other one is asked', async (t) => {
  const { prow, source } = await sourceOfProw(t);
  for (const bucket of prow.buckets) bucket.put(object, `of ${bucket.name}`);
  assert.deepEqual(await source.read(path, 9), found('of b'));
  assert.deepEqual(await source.tail(`c/${object}`, 9), found('of c'));
  assert.deepEqual(await source.listFolders('c/logs', ''), found(['a-job']));
  const other = `d/${object}`;
  const asked = [source.read(other, 9), source.tail(other, 9), source.stream(other)];
  for (const answer of [...(await Promise.all(asked)), await source.listFolders('d/logs', '')]) {
    assert.deepEqual(answer, { kind: 'absent' });
  }
  assert.deepEqual(
    prow.buckets.map(({ calls }) => calls.length),
    [1, 2, 0],
  );
});

test('a bucket that is not public is denied in every way, whether it answers 401 or 403', async (t) => {
  const { prow, bucket, source } = await sourceOfProw(t);
  bucket.put(object, 'secret');
  bucket.isPrivate = true;
  const denied = { kind: 'denied', bucket: 'b' };
  const asked = [source.read(path, 9), source.tail(path, 9), source.stream(path)];
  for (const answer of [...(await Promise.all(asked)), await source.listFolders('b/logs', '')]) {
    assert.deepEqual(answer, denied);
  }
  assert.deepEqual(new Set(bucket.calls.map(({ status }) => status)), new Set([401, 403]));
  prow.buckets[1]?.put(object, 'open');
  assert.deepEqual(await source.read(`c/${object}`, 9), found('open'));
});

test('the token of a page is sent back as it came, as a value', async (t) => {
  const token = 'a/..?&pageToken=b#c %2f+=\u00fc';
  const { source, requests } = await serve(t, (_, response) =>
    response.end(requests.length === 1 ? JSON.stringify({ nextPageToken: token }) : '{}'),
  );
  assert.deepEqual(await source.listFolders('b/logs/a-job', ''), found([]));
  const { pathname, searchParams } = new URL(requests[1]?.url ?? '', 'http://b');
  assert.deepEqual([pathname, searchParams.getAll('pageToken')], ['/storage/v1/b/b/o', [token]]);
});

test('a redirect of the bucket is not followed', async (t) => {
  const elsewhere = await serveHttp(t, (_, response) => response.end('{}'));
  for (const status of [301, 302, 303, 307, 308]) {
    const { source } = await serve(t, (_, response) =>
      response.writeHead(status, { location: elsewhere.url }).end(),
    );
    const why = { kind: 'unavailable', why: `HTTP ${status}` };
    assert.deepEqual(await source.read(path, 9), why);
    assert.deepEqual(await source.tail(path, 9), why);
    assert.deepEqual(await source.stream(path), why);
    assert.deepEqual(await source.listFolders('b/logs/a-job', ''), why);
  }
  assert.equal(elsewhere.requests.length, 0);
});

test('a list that unpacks to more than 4 MiB is no list', async (t) => {
  const page = gzipSync(JSON.stringify({ prefixes: ['x'.repeat(5_000_000)] }));
  const { source } = await serve(t, (_, response) =>
    response.writeHead(200, { 'content-encoding': 'gzip' }).end(page),
  );
  assert.deepEqual(await source.listFolders('b/logs/a-job', ''), {
    kind: 'too-large',
    limit: 4 * 1_048_576,
    unit: 'bytes',
  });
});

test('an object that says that it is too large is not downloaded', async (t) => {
  let sent = 0;
  const { source } = await serve(t, (_, response) => {
    response.writeHead(200, { 'content-length': '1000000000' });
    const send = (): void => {
      while (sent < 100_000_000) {
        sent += 1_000_000;
        if (!response.write('x'.repeat(1_000_000))) return;
      }
    };
    response.on('drain', send);
    send();
  });
  assert.deepEqual(await source.read('b/a', 2 * 1_048_576), {
    kind: 'too-large',
    limit: 2 * 1_048_576,
    unit: 'bytes',
  });
  const limit = { kind: 'too-large', limit: 512 * 1_048_576, unit: 'bytes' };
  assert.deepEqual(await source.tail('b/a', 65_536), limit);
  assert.deepEqual(await source.stream('b/a'), limit);
  assert.ok(sent < 50_000_000, `${sent} bytes`);
});

test('an object that unpacks to more than the limit is read no further', async (t) => {
  const bomb = gzipSync(Buffer.alloc(100_000_000));
  const { source } = await serve(t, (_, response) =>
    response.writeHead(200, { 'content-encoding': 'gzip' }).end(bomb),
  );
  assert.deepEqual(await source.read('b/a', 65_536), { kind: 'too-large', limit: 65_536, unit: 'bytes' });
});

test('a list is read between two names, as many pages of it as are wanted', async (t) => {
  const { bucket, source } = await sourceOfProw(t);
  const ids = Array.from({ length: 2_100 }, (_, index) => `${1_000 + index}`);
  for (const id of ids) bucket.put(`logs/many/${id}/started.json`, '{}');
  const inside = found(ids.slice(500, 1_500));
  assert.deepEqual(await source.listFolders('b/logs/many', '1500', { before: '2500', pages: 1 }), inside);
  const tooLong = { kind: 'too-large', limit: 1_000, unit: 'names' };
  assert.deepEqual(await source.listFolders('b/logs/many', '1500', { before: '2501', pages: 1 }), tooLong);
});
