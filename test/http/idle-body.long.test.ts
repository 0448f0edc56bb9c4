import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { createHttpClient } from '../../src/http/http-client.ts';
import { serveHttp } from '../adapters/raw-server.ts';
import { VirtualClock } from '../time/virtual-clock.ts';

// undici measures these 15 seconds by a timer of its own, which no mock replaces.
test('a body that stops in the middle is given up though the time of the call is not over', async (t) => {
  const http = createHttpClient(new VirtualClock());
  t.after(() => http.close());
  const part = gzipSync('x'.repeat(99)).subarray(0, 12);
  const { url } = await serveHttp(t, ({ url: encoding }, response) => {
    response.writeHead(200, { 'content-encoding': encoding?.slice(1) }).write(part);
  });
  const readings = ['identity', 'gzip'].map(async (encoding) => {
    const response = await http.call({ method: 'GET', url: `${url}/${encoding}`, timeoutMs: 60_000 });
    assert.ok(response.kind === 'answered');
    await assert.rejects(response.text(99), { name: 'BodyTimeoutError' });
  });
  await Promise.all(readings);
});
