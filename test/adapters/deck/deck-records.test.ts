import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { DeckRecords } from '../../../src/adapters/deck/deck-records.ts';
import { createHttpClient } from '../../../src/http/http-client.ts';
import { VirtualClock } from '../../time/virtual-clock.ts';
import { minute, prowForTest } from '../../prow/prow-for-test.ts';
import { serveHttp } from '../raw-server.ts';

function recordsAt(t: TestContext, url: string): DeckRecords {
  const http = createHttpClient(new VirtualClock());
  t.after(() => http.close());
  return new DeckRecords({ url, http });
}

test("a run's record shows where the run is, from its start until Prow deletes the record", async (t) => {
  const { prow, clock } = await prowForTest(t);
  const records = recordsAt(t, prow.deckUrl);
  prow.defineJob({ name: 'a-job', type: 'periodic', plan: [{ outcome: 'pass' }] });
  const run = prow.startRun('a-job');
  const begun = { jobName: 'a-job', buildId: null, url: null };
  assert.deepEqual(await records.read(run.prowJobId), { kind: 'found', value: begun });
  clock.advance(minute);
  const { buildId, url } = run;
  assert.deepEqual(await records.read(run.prowJobId), {
    kind: 'found',
    value: { jobName: 'a-job', buildId, url },
  });
  clock.advance(600 * minute);
  prow.collect({ keepNewest: false, olderThan: 0 });
  assert.deepEqual(await records.read(run.prowJobId), { kind: 'absent' });
});

const answers: [status: number, body: string, found: object][] = [
  [404, 'ProwJob not found', { kind: 'absent' }],
  [403, 'no', { kind: 'unavailable', why: 'HTTP 403' }],
  [503, '', { kind: 'unavailable', why: 'HTTP 503' }],
  [302, '', { kind: 'unavailable', why: 'HTTP 302' }],
  [200, '<html>Sign in</html>', { kind: 'unavailable', why: 'the answer is not a ProwJob' }],
  [200, '#'.repeat(3 * 1_048_576), { kind: 'too-large', limit: 2 * 1_048_576, unit: 'bytes' }],
];
for (const [status, body, found] of answers) {
  test(`an answer of ${status} and ${body.length} characters is ${JSON.stringify(found)}`, async (t) => {
    const { url, requests } = await serveHttp(t, (_, response) =>
      response.writeHead(status, { location: 'http://127.0.0.1:1' }).end(body),
    );
    assert.deepEqual(await recordsAt(t, url).read('an id/&?'), found);
    assert.deepEqual(
      requests.map((request) => request.url),
      ['/prowjob?prowjob=an%20id%2F%26%3F'],
    );
  });
}

test('a Deck that does not answer is unavailable', async (t) => {
  assert.equal((await recordsAt(t, 'http://127.0.0.1:1').read('x')).kind, 'unavailable');
});
