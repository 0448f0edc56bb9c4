import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { WebhookReporter } from '../../../../src/adapters/slack/outbound/webhook-reporter.ts';
import { createHttpClient } from '../../../../src/http/http-client.ts';
import type { Message } from '../../../../src/report/message.ts';
import type { DeliveryOutcome } from '../../../../src/report/reporter.ts';
import { Secret } from '../../../../src/secret.ts';
import { VirtualClock } from '../../../time/virtual-clock.ts';
import { prowForTest } from '../../../prow/prow-for-test.ts';
import type { SlackFault } from '../../../prow/slack/slack.ts';
import { holdNoSecret } from '../../hold-no-secret.ts';
import { serveHttp } from '../../raw-server.ts';

const marker = 'marked-hook-0123456789';
const message: Message = { audience: 'people', title: 'a-job failed', lines: ['Why <b> & how.'], links: [] };

async function reporterOfProw(t: TestContext) {
  const { prow, clock } = await prowForTest(t);
  const http = createHttpClient(clock);
  t.after(() => http.close());
  const deliver = (url = prow.slack.hook(marker)) =>
    new WebhookReporter(http, [new URL(url).origin]).deliver(message, new Secret(url));
  return { prow, clock, deliver };
}

test('delivers a message as JSON with a text', async (t) => {
  const { prow, deliver } = await reporterOfProw(t);
  assert.deepEqual(await deliver(), { kind: 'delivered' });
  assert.deepEqual(
    prow.slack.delivered.map(({ payload }) => payload),
    [
      {
        text: '*a-job failed*\nWhy &lt;b&gt; &amp; how.',
        parse: 'none',
        unfurl_links: false,
        unfurl_media: false,
      },
    ],
  );
});

const faults: [SlackFault, DeliveryOutcome][] = [
  [
    { status: 429, retryAfter: 30 },
    { kind: 'later', why: 'Slack answered 429 rate_limited', retryAfterMs: 30_000 },
  ],
  [{ status: 429 }, { kind: 'later', why: 'Slack answered 429 rate_limited', retryAfterMs: null }],
  [{ status: 500 }, { kind: 'later', why: 'Slack answered 500 rollup_error', retryAfterMs: null }],
  [
    { status: 503, body: marker, retryAfter: 9 },
    { kind: 'later', why: 'Slack answered 503', retryAfterMs: 9_000 },
  ],
  [{ status: 404 }, { kind: 'never', why: 'Slack answered 404 no_service' }],
  [{ status: 403 }, { kind: 'never', why: 'Slack answered 403 action_prohibited' }],
  [{ status: 410 }, { kind: 'never', why: 'Slack answered 410 channel_is_archived' }],
  [
    { status: 400, body: `<html>${marker}` },
    { kind: 'later', why: 'Slack answered 400', retryAfterMs: null },
  ],
  [
    { status: 302, body: '' },
    { kind: 'later', why: 'Slack answered 302', retryAfterMs: null },
  ],
  [
    { status: 302, body: 'no_service' },
    { kind: 'later', why: 'Slack answered 302 no_service', retryAfterMs: null },
  ],
  [
    { status: 403, body: '<html>' },
    { kind: 'later', why: 'Slack answered 403', retryAfterMs: null },
  ],
  [
    { status: 404, body: '' },
    { kind: 'later', why: 'Slack answered 404', retryAfterMs: null },
  ],
  [
    { status: 408, body: 'timeout' },
    { kind: 'later', why: 'Slack answered 408 timeout', retryAfterMs: null },
  ],
  [
    { status: 502, body: 'invalid_payload' },
    { kind: 'later', why: 'Slack answered 502 invalid_payload', retryAfterMs: null },
  ],
  [
    { status: 429, retryAfter: 604_800 },
    { kind: 'later', why: 'Slack answered 429 rate_limited', retryAfterMs: 900_000 },
  ],
  [
    { status: 400, body: 'invalid_payload\n' },
    { kind: 'never', why: 'Slack answered 400 invalid_payload' },
  ],
  [
    { status: 403, body: 'invalid_token' },
    { kind: 'never', why: 'Slack answered 403 invalid_token' },
  ],
  [
    { status: 404, body: 'no_team' },
    { kind: 'never', why: 'Slack answered 404 no_team' },
  ],
  // A page of whoever stands between.
  [
    { status: 200, body: `<html>${marker}` },
    { kind: 'later', why: 'Slack answered 200', retryAfterMs: null },
  ],
  [
    { status: 200, body: '' },
    { kind: 'later', why: 'Slack answered 200', retryAfterMs: null },
  ],
];
for (const [fault, expected] of faults) {
  test(`${JSON.stringify(fault)} is ${expected.kind}, after one POST`, async (t) => {
    const { prow, deliver } = await reporterOfProw(t);
    prow.slack.fail({ ...fault, times: 9 });
    const delivery = await deliver();
    assert.deepEqual(delivery, expected);
    assert.equal(prow.slack.messages.length, 1);
    holdNoSecret(marker, delivery);
  });
}

test('a connection that breaks delays a message, which may then come twice', async (t) => {
  const { prow, deliver } = await reporterOfProw(t);
  for (const status of ['drop-before', 'drop-after'] as const) {
    prow.slack.fail({ status });
    const delivery = await deliver();
    assert.equal(delivery.kind, 'later');
    holdNoSecret(marker, delivery);
  }
  assert.equal(prow.slack.messages.length, 2);
});

test('a Slack that is down or hangs delays a message and tells no address', async (t) => {
  const { prow, clock, deliver } = await reporterOfProw(t);
  const arrived = Promise.withResolvers<void>();
  const { url } = await serveHttp(t, () => arrived.resolve());
  const hanging = deliver(`${url}/${marker}`);
  await arrived.promise;
  clock.advance(15_000);
  await prow.slack.down();
  for (const delivery of [await hanging, await deliver()]) {
    assert.equal(delivery.kind, 'later');
    holdNoSecret(marker, delivery);
  }
});

test('what Slack may have taken comes once more, where its answer breaks off or does not end', async (t) => {
  const { deliver } = await reporterOfProw(t);
  for (const size of [2, 1_000_000]) {
    const { url } = await serveHttp(t, ({ socket }, response) => {
      response.writeHead(200, { 'content-length': 2_000_000 });
      response.write('x'.repeat(size), () => void socket.destroy());
    });
    assert.equal((await deliver(url)).kind, 'later');
  }
});

test('an address of an origin that is allowed no longer, or of none, is never called', async (t) => {
  const http = createHttpClient(new VirtualClock());
  t.after(() => http.close());
  const { url, requests } = await serveHttp(t, (_, response) => response.end('ok'));
  const reporter = new WebhookReporter(http, ['https://hooks.slack.com', `${url}0`]);
  const { port } = new URL(url);
  for (const address of [url, `http://u:p@127.0.0.1:${port}0/`, `none`]) {
    const delivery = await reporter.deliver(message, new Secret(`${address}/${marker}`));
    assert.equal(delivery.kind, 'never');
    holdNoSecret(marker, delivery);
  }
  assert.equal(requests.length, 0);
});

test('a name that leads inside delays a message, as a name server may be wrong for a while', async (t) => {
  const http = createHttpClient(new VirtualClock(), (_name, _options, done) =>
    setImmediate(done, null, [{ address: '127.0.0.1', family: 4 }]),
  );
  t.after(() => http.close());
  const { url, requests } = await serveHttp(t, (_, response) => response.end('ok'));
  const address = url.replace('127.0.0.1', 'hooks.slack.test');
  const delivery = await new WebhookReporter(http, [address]).deliver(message, new Secret(address));
  const why = 'its name leads to an address that is not public';
  assert.deepEqual([delivery, requests.length], [{ kind: 'later', why, retryAfterMs: null }, 0]);
});

test('a redirect is not followed, and nothing of the message goes elsewhere', async (t) => {
  const { deliver } = await reporterOfProw(t);
  const elsewhere = await serveHttp(t, (_, response) => response.end('ok'));
  for (const status of [301, 302, 303, 307, 308]) {
    const { url, requests } = await serveHttp(t, (_, response) =>
      response.writeHead(status, { location: `${elsewhere.url}/${marker}` }).end(),
    );
    assert.equal((await deliver(`${url}/${marker}`)).kind, 'later');
    assert.deepEqual([requests.length, elsewhere.requests.length], [1, 0]);
  }
});

test('a path is sent as the address says, with what has no place in one encoded', async (t) => {
  const { deliver } = await reporterOfProw(t);
  const { url, requests } = await serveHttp(t, (_, response) => response.end('ok'));
  await deliver(`${url}/services/T1/a b\u00fc?x=1&y=%2f#part`);
  assert.deepEqual(
    requests.map((request) => request.url),
    ['/services/T1/a%20b%C3%BC?x=1&y=%2f'],
  );
});
