import assert from 'node:assert/strict';
import type { LookupAddress } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { test, type TestContext } from 'node:test';
import { createHttpClient } from '../../src/http/http-client.ts';
import { isPublic, lookUpPublic } from '../../src/http/public-lookup.ts';
import { serveHttp } from '../adapters/raw-server.ts';
import { VirtualClock } from '../time/virtual-clock.ts';

const open = ['8.8.8.8', '9.255.255.255', '11.0.0.0', '100.63.255.255', '100.128.0.0', '172.15.255.255']
  .concat(['172.32.0.0', '192.167.255.255', '192.169.0.0', '223.255.255.255', '2606:4700::6810:85e5'])
  .concat(['2a00:1450::1', '::ffff:8.8.8.8', '::ffff:808:808', '64:ff9b::8.8.8.8']);
const closed = ['0.0.0.0', '0.1.2.3', '10.0.0.1', '10.255.255.255', '100.64.0.1', '100.127.255.255']
  .concat(['127.0.0.1', '127.255.255.254', '169.254.169.254', '172.16.0.1', '172.31.255.255', '192.0.0.8'])
  .concat(['192.168.1.1', '198.18.0.1', '224.0.0.1', '239.255.255.255', '240.0.0.1', '255.255.255.255'])
  .concat(['::', '::1', '::10.0.0.1', '::ffff:10.0.0.1', '::ffff:a00:1', '::ffff:127.0.0.1', 'fe80::1'])
  .concat(['fe80::1%eth0', 'fec0::1', 'fc00::1', 'fd00:ec2::254', 'ff02::1', '2002:a00:1::', '2001::1'])
  .concat([
    '192.88.99.1',
    '64:ff9b::10.0.0.1',
    '64:ff9b::a9fe:a9fe',
    '64:ff9b:1::1',
    '100::1',
    '2001:db8::1',
    '4000::1',
    'no address',
  ]);

for (const [addresses, expected] of [
  [open, true],
  [closed, false],
] as const) {
  test(`${addresses.length} addresses are ${expected ? '' : 'not '}public`, () => {
    const wrong = addresses.filter((address) => isPublic(address) !== expected);
    assert.deepEqual(wrong, []);
  });
}

/** A name server that knows one answer, however it is asked. */
function answerWith(...addresses: string[]): LookupFunction & { asked: string[] } {
  const asked: string[] = [];
  const lookup: LookupFunction = (hostname, _options, done) => {
    asked.push(hostname);
    const found = addresses.map((address): LookupAddress => ({
      address,
      family: address.includes(':') ? 6 : 4,
    }));
    setImmediate(done, null, found);
  };
  return Object.assign(lookup, { asked });
}

function ask(lookup: LookupFunction, all: boolean): Promise<unknown[]> {
  return new Promise((resolve) =>
    lookUpPublic(lookup)('hooks.slack.test', { all }, (...answer) => resolve(answer)),
  );
}

test('an answer of public addresses comes through as it was asked for', async () => {
  const lookup = answerWith('8.8.8.8', '2606:4700::1');
  const addresses = [
    { address: '8.8.8.8', family: 4 },
    { address: '2606:4700::1', family: 6 },
  ];
  assert.deepEqual(await ask(lookup, true), [null, addresses]);
  assert.deepEqual(await ask(lookup, false), [null, '8.8.8.8', 4]);
});

test('one address that is not public spoils the answer, and so does none at all', async () => {
  for (const addresses of [['8.8.8.8', '10.0.0.1'], ['::ffff:127.0.0.1'], []]) {
    for (const all of [true, false]) {
      const [error] = await ask(answerWith(...addresses), all);
      assert.match(String(error), /not public/);
    }
  }
});

test('a fault of the name server passes as it is', async () => {
  const fault = Object.assign(new Error('getaddrinfo'), { code: 'EAI_AGAIN' });
  const [error] = await ask((_name, _options, done) => setImmediate(done, fault, []), true);
  assert.equal(error, fault);
});

async function post(t: TestContext, host: string, isForeign: boolean) {
  const lookup = answerWith('127.0.0.1');
  const http = createHttpClient(new VirtualClock(), lookup);
  t.after(() => http.close());
  const { url, requests } = await serveHttp(t, (_, response) => response.end('ok'));
  const target = url.replace('127.0.0.1', host);
  const calls = [1, 2].map(() => http.call({ method: 'POST', url: target, isForeign, timeoutMs: 1_000 }));
  const outcomes = await Promise.all(calls);
  return { outcomes, requests, asked: lookup.asked };
}

test('a foreign address whose name leads inside is not called, whatever the name leads to otherwise', async (t) => {
  const { outcomes, requests, asked } = await post(t, 'hooks.slack.test', true);
  const refused = { kind: 'not-sent', why: 'its name leads to an address that is not public' };
  assert.deepEqual([outcomes, requests.length], [[refused, refused], 0]);
  // Asked for each connection, so an answer that changes is judged as it is used.
  assert.deepEqual(asked, ['hooks.slack.test', 'hooks.slack.test']);
});

for (const [host, isForeign] of [
  ['127.0.0.1', true],
  ['localhost', true],
  ['gangway.corp', false],
] as const) {
  test(`${host} is called, ${isForeign ? 'foreign though it be, as it names its place' : 'being our own'}`, async (t) => {
    const { outcomes, requests } = await post(t, host, isForeign);
    assert.deepEqual([outcomes.map(({ kind }) => kind), requests.length], [['answered', 'answered'], 2]);
  });
}
