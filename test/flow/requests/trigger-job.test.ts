import assert from 'node:assert/strict';
import { test } from 'node:test';
import { triggerJob } from '../../../src/flow/requests/trigger-job.ts';
import { Secret } from '../../../src/secret.ts';
import type { Creation } from '../../../src/trigger/execution-api.ts';
import { VirtualClock } from '../../time/virtual-clock.ts';
import { MemoryGangway } from '../memory-gangway.ts';

const job = 'periodic-ci-a';

async function triggerOn(answer?: Creation) {
  const gangway = new MemoryGangway(new VirtualClock());
  if (answer !== undefined) gangway.creations.push(() => answer);
  const order = { token: new Secret('own'), envs: { A: '1' } };
  const triggered = await triggerJob({ api: gangway, settings: { prowUrl: 'https://prow' } }, job, order);
  return { gangway, triggered };
}

test('starts a periodic that is nobody’s retry, with the given token and envs', async () => {
  const { gangway, triggered } = await triggerOn();
  const [started] = gangway.started;
  assert.deepEqual(
    [started?.jobName, started?.type, started?.refs, started?.labels, started?.annotations, started?.envs],
    [job, 'periodic', null, {}, {}, { A: '1' }],
  );
  assert.deepEqual(
    gangway.calls.map(({ kind, token }) => [kind, token]),
    [['create', 'own']],
  );
  assert.deepEqual(triggered, {
    kind: 'started',
    says: `${job} was triggered as attempt-1.`,
    prowJobId: 'attempt-1',
    url: 'https://prow/prowjob?prowjob=attempt-1',
  });
});

const outcomes: [answer: Creation, kind: string, says: RegExp][] = [
  [
    { kind: 'unclear', says: 'It broke' },
    'unclear',
    /^It broke\. The run may exist: look at https:\S+job=peri/,
  ],
  [{ kind: 'refused', cause: 'token', says: 'No' }, 'not-started', /^No\. Nothing was started\. Get a fresh/],
  [{ kind: 'refused', cause: 'tenant', says: 'No' }, 'not-started', /This token may not trigger the job\.$/],
  [
    { kind: 'held-back', says: 'It is left alone', retryAfterMs: 1 },
    'not-started',
    /^It is left alone\. Nothing was started\. Try again later\.$/,
  ],
  [{ kind: 'not-created', says: 'Busy', retryAfterMs: null }, 'not-started', /Try again later\.$/],
];
for (const [answer, kind, says] of outcomes) {
  const cause = 'cause' in answer ? ` (${answer.cause})` : '';
  test(`${answer.kind}${cause}: ${kind}, with what to do next`, async () => {
    const { gangway, triggered } = await triggerOn(answer);
    assert.equal(triggered.kind, kind);
    assert.match(triggered.says, says);
    assert.equal(gangway.count('create'), 1);
  });
}
