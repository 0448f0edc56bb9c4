import { note, closeAs, marked } from './chains.ts';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openChain } from '../../src/chain/accept.ts';
import { beginAttempt } from '../../src/chain/attempt.ts';
import { move } from '../../src/chain/move.ts';
import { openRun } from '../../src/chain/run.ts';
import { viewChain } from '../../src/report/chain/view-chain.ts';
const now = Date.UTC(2026, 5, 12, 13, 1, 21, 500);
const run = { jobName: 'periodic-ci-a', prowJobId: 'run-0', buildId: '1930000000000000001' };
const sealed = { token: marked('SEALED-TOKEN'), slack: marked('SEALED-SLACK'), slackErrors: null };

test('shows a chain that was just opened with null for all that is not known', () => {
  const chain = openChain(run, sealed, now);
  assert.deepEqual(viewChain(chain), {
    id: chain.id,
    job_name: 'periodic-ci-a',
    state: 'judging',
    created_at: '2026-06-12T13:01:21.500Z',
    updated_at: '2026-06-12T13:01:21.500Z',
    closed_at: null,
    next_attempt_at: null,
    runs: [
      {
        attempt: 0,
        prow_job_id: 'run-0',
        build_id: '1930000000000000001',
        status: null,
        phase: null,
        steps: [],
        reason: null,
        labels: [],
        signature: null,
        url: null,
        started_at: null,
        finished_at: null,
      },
    ],
    decision: null,
    events: [{ at: '2026-06-12T13:01:21.500Z', what: 'opened', by: null, detail: null }],
  });
});

test('shows runs, decision and times of a chain that has gone on', () => {
  const first = {
    ...openRun('run-0', '1', 0, now),
    status: 'FAILURE' as const,
    phase: 'pre' as const,
    steps: ['ipi-install-install'],
    reason: 'executing_graph:step_failed',
    knownFailures: [
      { label: 'InfraFailure', summary: 'a node was lost' },
      { label: 'Slow', summary: '' },
    ],
    signature: 'abc',
    url: 'https://prow/view/1',
    startedAt: now - 60_000,
    finishedAt: now,
  };
  const decision = {
    outcome: 'retry' as const,
    reason: 'matched' as const,
    rule: 'setup',
    because: [note('It was pre')],
  };
  const retried = {
    ...openChain(run, sealed, now),
    runs: [first, openRun('run-1', null, 1, now)],
    decision,
  };
  const passed = { state: 'passed', closedAt: now + 1_000, missing: null } as const;
  const view = viewChain(move(retried, 'judged', passed, now + 1_000, { by: 'setup' }));
  assert.equal(view.closed_at, '2026-06-12T13:01:22.500Z');
  assert.deepEqual(view.decision, { ...decision, because: ['It was pre.'] });
  assert.deepEqual(view.runs[0], {
    attempt: 0,
    prow_job_id: 'run-0',
    build_id: '1',
    status: 'FAILURE',
    phase: 'pre',
    steps: ['ipi-install-install'],
    reason: 'executing_graph:step_failed',
    labels: ['InfraFailure', 'Slow'],
    signature: 'abc',
    url: 'https://prow/view/1',
    started_at: '2026-06-12T13:00:21.500Z',
    finished_at: '2026-06-12T13:01:21.500Z',
  });
  assert.equal(view.runs[1]?.build_id, null);
  assert.deepEqual(view.events, [
    { at: '2026-06-12T13:01:21.500Z', what: 'opened', by: null, detail: null },
    { at: '2026-06-12T13:01:22.500Z', what: 'judged', by: 'setup', detail: null },
  ]);
});

test('tells when the next attempt is due only while one is waited for', () => {
  const judging = openChain(run, sealed, now);
  const due = { state: 'scheduled', wakeAt: now, manual: false, intent: null } as const;
  const scheduled = move(judging, 'scheduled', due, now);
  const others = [judging, beginAttempt(scheduled, now, now), closeAs(scheduled, 'skipped', now)];
  assert.equal(viewChain(scheduled).next_attempt_at, '2026-06-12T13:01:21.500Z');
  for (const chain of others) assert.equal(viewChain(chain).next_attempt_at, null);
});

test('shows nothing that is sealed', () => {
  assert.doesNotMatch(JSON.stringify(viewChain(openChain(run, sealed, now))), /SEALED/);
});
