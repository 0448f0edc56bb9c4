import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { gzipSync } from 'node:zlib';
import { BucketSource } from '../../../src/adapters/gcs/bucket-source.ts';
import { createHttpClient } from '../../../src/http/http-client.ts';
import { VirtualClock } from '../../time/virtual-clock.ts';
import { serveHttp } from '../raw-server.ts';

const mebibyte = 1_048_576;
const sizeInMebibytes = 200;

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** What is still held, heap and buffers, bytes. */
function measureHeld(): number {
  collectGarbage();
  // The buffers of the first pass are swept beside it; the second waits for that.
  collectGarbage();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

for (const encoding of ['identity', 'gzip']) {
  test(`the end of ${sizeInMebibytes} MiB (${encoding}) is read in a few`, async (t) => {
    const plain = Buffer.alloc(mebibyte, 'a line of the log\n');
    const part = encoding === 'gzip' ? gzipSync(plain) : plain;
    let most = 0;
    async function send(response: ServerResponse): Promise<void> {
      response.writeHead(200, { 'content-encoding': encoding });
      const before = measureHeld();
      for (let i = 0; i < sizeInMebibytes; i += 1) {
        if (!response.write(part)) await once(response, 'drain');
        if (i % 20 === 19) most = Math.max(most, measureHeld() - before);
      }
      response.end(encoding === 'gzip' ? gzipSync('the end') : 'the end');
    }
    const { url } = await serveHttp(t, (_, response) => void send(response));
    const http = createHttpClient(new VirtualClock());
    t.after(() => http.close());
    const source = new BucketSource({ url, buckets: ['b'], http });
    const tail = await source.tail('b/build-log.txt', 65_536);
    assert.ok(tail.kind === 'found' && tail.value.length === 65_536 && tail.value.endsWith('the end'));
    assert.ok(most < 8 * mebibyte, `${Math.round(most / mebibyte)} MiB were held`);
  });
}
