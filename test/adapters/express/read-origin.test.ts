import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, request as call } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import type { Notification } from '../../../src/intake/notification.ts';
import { readOrigin } from '../../../src/adapters/express/read-origin.ts';
import { body, startApp } from './start-app.ts';

test('the flow learns where the notification was sent, as the balancer in front saw it', async (t) => {
  const seen: (string | null)[] = [];
  const accept = (_: Notification, reachedAt: string | null) => {
    seen.push(reachedAt);
    return Promise.reject(new TypeError('enough seen'));
  };
  const server = createServer(startApp({}, { accept }).app);
  t.after(() => server.close());
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  const behindBalancer = { host: 'retrigger.example', 'x-forwarded-proto': 'https' };
  const headerSets: Record<string, string>[] = [{}, behindBalancer];
  for (const headers of headerSets) {
    const sent = call({
      port,
      host: '127.0.0.1',
      method: 'POST',
      path: '/openshift-ci-re-trigger',
      headers: { 'content-type': 'application/json', ...headers },
    });
    sent.end(JSON.stringify(body));
    const [response] = await once(sent, 'response');
    response.resume();
    await once(response, 'end');
  }
  assert.deepEqual(seen, [`http://127.0.0.1:${port}`, 'https://retrigger.example']);
});

const written: [what: string, protocol: string, host: string | undefined, origin: string | null][] = [
  ['a name', 'https', 'host', 'https://host'],
  ['a name with a port', 'http', 'host:5000', 'http://host:5000'],
  ['the port that goes without saying', 'https', 'host:443', 'https://host'],
  ['an address of IPv6', 'http', '[::1]:5000', 'http://[::1]:5000'],
  ['more than a host', 'https', 'me:secret@host/path?query#part', 'https://host'],
  ['no host', 'https', undefined, null],
  ['what is none', 'https', 'a b', null],
  ['another protocol', 'javascript', 'host', null],
  ['an endless name', 'https', `${'a'.repeat(300)}.example`, null],
];
for (const [what, protocol, host, origin] of written) {
  test(`of ${what}: ${origin ?? 'nothing'}`, () => {
    assert.equal(readOrigin(host === undefined ? { protocol } : { protocol, host }), origin);
  });
}
