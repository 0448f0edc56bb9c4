import type { Reason } from '../../../src/chain/decision.ts';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Chain } from '../../../src/chain/chain.ts';
import { giveUpHold, makeCanary, releaseChain } from '../../../src/chain/hold.ts';
import { enqueueReport } from '../../../src/chain/outbox.ts';
import { composeMessage } from '../../../src/report/chain/compose-message.ts';
import type { Message } from '../../../src/report/message.ts';
import { held, hold, now, scheduled } from '../../chain/chains.ts';

const link = { text: 'the failed run', url: 'https://prow/prowjob?prowjob=run-0' };

function lastMessage(chain: Chain): Message {
  const report = chain.outbox.at(-1);
  assert.ok(report !== undefined);
  return composeMessage(chain, report, 'https://prow');
}

test('tells of an outage once: who goes first, and who waits', () => {
  const reason: Reason = {
    kind: 'outage-announced',
    key: 'step ipi-install',
    first: 'a',
    waiting: ['b', 'c'],
  };
  const canary = enqueueReport(makeCanary(scheduled, hold, now), { topic: 'held', reason }, now);
  // However late it is delivered, it says what was so when it was told.
  assert.deepEqual(lastMessage({ ...canary, canaryOf: null }), {
    audience: 'people',
    title: 'An outage: periodic-ci-a goes first with attempt 1, others wait for it',
    lines: [
      'Jobs fail alike (step ipi-install). a goes first; these wait until it ends: b, c.',
      'Nothing to do: the outcome follows here.',
    ],
    links: [link],
  });
  const waiting = enqueueReport(held, { topic: 'held', reason }, now);
  const { title } = lastMessage(releaseChain(waiting, now, now));
  assert.equal(title, 'An outage: periodic-ci-a waits for another job that goes first');
});

test('tells when the canary goes', () => {
  const { title, lines } = lastMessage(makeCanary(held, hold, now));
  assert.equal(title, 'periodic-ci-a failed and will be tried again at 10:31 UTC');
  assert.deepEqual(lines, [
    'Because.',
    'Its attempt goes first, as the canary of an outage (step ipi-install).',
    'Nothing to do: the outcome follows here.',
  ]);
});

for (const [jobs, title, line] of [
  [['a', 'b', 'a'], 'An outage lasted: 3 runs are not tried again', 'The jobs: a, b, a.'],
  [['a'], 'An outage lasted: one run is not tried again', 'The jobs: a.'],
] as const) {
  test(`tells of an outage that lasted in one message: ${jobs.join(', ')}`, () => {
    assert.deepEqual(
      lastMessage(
        giveUpHold(
          held,
          [{ news: { topic: 'outage-lasted', jobs: [...jobs] }, to: [{ kind: 'default' }] }],
          now,
        ),
      ),
      {
        audience: 'people',
        title,
        lines: [
          line,
          'The canary failed alike, and the hold is over.',
          'Next: mend what broke, then start these jobs by hand if they deserve another try.',
        ],
        links: [link],
      },
    );
  });
}
