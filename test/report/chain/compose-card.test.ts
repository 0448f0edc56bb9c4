import { describeReason, describeReasons } from '../../../src/report/reasons.ts';
import { failed } from '../../rules/matchers/failed-run.ts';
import {
  note,
  closeAs,
  decisionOf,
  following,
  held,
  judged,
  minute,
  now,
  opened,
  scheduled,
  triggering,
} from '../../chain/chains.ts';
import type { Reason, RuleTrace } from '../../../src/chain/decision.ts';
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { cancelChain, retryChain } from '../../../src/chain/actions.ts';
import { applyDecision } from '../../../src/chain/decide.ts';
import { postponeAttempt, recordRefused } from '../../../src/chain/attempt.ts';
import { type Chain } from '../../../src/chain/chain.ts';
import { type ChainState, chainStates } from '../../../src/chain/transitions.ts';
import { escalate } from '../../../src/chain/move.ts';
import { patchRun } from '../../../src/chain/record-end.ts';
import type { Phase } from '../../../src/evidence/phase.ts';
import { composeCard } from '../../../src/report/chain/compose-card.ts';
import { composeOutage } from '../../../src/report/notices.ts';
const view = { prowUrl: 'https://prow.ci.openshift.org', hasOwnToken: true, now };
const finding = { key: 'phase', verdict: 'holds', asked: ['pre'], saw: 'pre' } as const;
const trace: RuleTrace = { rule: 'setup-failure', verdict: 'matches', findings: [finding], exceptions: [] };
const decided: Chain = {
  ...scheduled,
  ruleInfo: { owner: 'interop-qe', issue: 'OCPBUGS-7', channel: null },
  decision: {
    outcome: 'retry',
    reason: 'matched',
    rule: 'setup-failure',
    because: [
      failed({ steps: ['ipi-install-install'] }),
      { kind: 'rule', trace },
      { kind: 'owner', owner: 'interop-qe' },
      { kind: 'issue', issue: 'OCPBUGS-7' },
      { kind: 'plan', attempt: 1, attempts: 1, delayMs: 30 * minute },
    ],
  },
  runs: scheduled.runs.map((run) => ({
    ...run,
    steps: ['ipi-install-install'],
    message: 'quota exceeded',
    url: 'https://prow.ci.openshift.org/view/gs/b/logs/j/1',
  })),
};
const ended = patchRun(following, 'run-1', {
  status: 'SUCCESS',
  startedAt: now + 30 * minute,
  finishedAt: now + 102 * minute,
});

/** A chain in each state, and what its card begins with. */
const chains: Record<ChainState, [Chain, RegExp]> = {
  judging: [judged, /^Being judged · periodic-ci-a$/],
  scheduled: [scheduled, /^Scheduled 10:31 UTC · /],
  held: [held, /^Held by an outage · /],
  triggering: [triggering, /^Being triggered, attempt 1 · /],
  following: [following, /^Running, attempt 1 · /],
  passed: [closeAs(ended, 'passed', now), /^Passed on attempt 1 · /],
  exhausted: [
    applyDecision(following, decisionOf('skip', 'attempts-exhausted'), null, now),
    /^Failed again on attempt 1 · /,
  ],
  skipped: [
    applyDecision(judged, decisionOf('skip', 'failing-streak'), null, now),
    /^Not tried again: it fails too often in a row · /,
  ],
  rejected: [recordRefused(triggering, 'no such job', now), /^Refused by Gangway · /],
  'needs-human': [escalate(judged, note('nobody knows'), now), /^Needs a person · /],
};

suite('the card of a chain', () => {
  for (const state of chainStates) {
    const [chain, title] = chains[state];
    test(`says first that it is ${state}`, () => {
      assert.equal(chain.state, state);
      assert.match(composeCard(chain, view).title, title);
    });

    test(`offers what works while it is ${state}, and nothing else`, () => {
      const offered = composeCard(chain, view).actions?.of ?? [];
      assert.equal(offered.includes('retry'), retryChain(chain, true, now).kind === 'done');
      assert.equal(offered.includes('cancel'), cancelChain(chain, now).kind === 'done');
    });
  }

  test('names what failed, why it is tried again, by whom and when', (t) => {
    t.assert.snapshot(composeCard(decided, view));
  });

  test('says what no fact says, and nothing twice', () => {
    const known = { status: 'FAILURE' as const, steps: [], reason: 'x:releasing_lease' };
    const linesOf = (phase: Phase | null): string[] => {
      const because: Reason[] = [
        { kind: 'failed', phase, ...known },
        { kind: 'message', text: '401 releasing aws' },
        { kind: 'prow-says', text: 'Pod got deleted unexpectedly' },
      ];
      const run = { phase, message: '401 releasing aws', ...known };
      const chain: Chain = {
        ...decided,
        decision: { ...decisionOf('skip', 'no-rule-matched'), because },
        runs: decided.runs.map((old) => ({ ...old, ...run })),
      };
      const account = describeReasons(because);
      return composeCard(chain, view).lines.filter((line) => account.includes(line));
    };
    const prow = 'Prow: "Pod got deleted unexpectedly"';
    assert.deepEqual(linesOf(null), ["Failed; ci-operator's reason: x:releasing_lease.", prow]);
    assert.deepEqual(linesOf('infra'), [prow]);
  });

  test('names the known failures among the facts, and not again in the account', () => {
    const known: Reason = { kind: 'known-failure', label: 'InfraFailure', summary: 'a node was lost' };
    const labelled: Chain = {
      ...decided,
      decision: decided.decision && {
        ...decided.decision,
        because: [known, ...decided.decision.because],
      },
      runs: decided.runs.map((each) => ({
        ...each,
        knownFailures: [
          { label: 'InfraFailure', summary: 'a node was lost' },
          { label: 'Slow', summary: '' },
        ],
      })),
    };
    const { facts, lines } = composeCard(labelled, view);
    assert.deepEqual(
      facts.find(({ name }) => name === 'Known failure'),
      { name: 'Known failure', text: 'InfraFailure (a node was lost); Slow' },
    );
    assert.ok(!lines.includes(describeReason(known)), lines.join('\n'));
  });

  test('says that something else manages the run, and that nothing is to be done', () => {
    const managed = applyDecision(judged, decisionOf('skip', 'managed-elsewhere'), null, now);
    const { title, tone, lines } = composeCard(managed, view);
    assert.match(title, /^Not tried again: something else manages the run · /);
    assert.equal(tone, 'quiet');
    assert.deepEqual(lines.slice(-1), [
      'No action needed: the manager of the run decides whether to retry it.',
    ]);
  });

  test('names the attempts so far', () => {
    const { facts, links, actions } = composeCard(chains.passed[0], view);
    assert.deepEqual(
      facts.find(({ name }) => name === 'Attempts'),
      { name: 'Attempts', text: '1 SUCCESS after 1h 12m' },
    );
    assert.deepEqual(
      links.map(({ text }) => text),
      ['the failed run', 'attempt 1'],
    );
    assert.equal(actions, null);
  });

  test('says on which day where that is another one', () => {
    const late = postponeAttempt(scheduled, now + 24 * 60 * minute, now);
    assert.match(composeCard(late, view).title, /^Scheduled 2026-06-13 10:01 UTC/);
  });

  test('says that people called it off or silenced it', () => {
    const cancelled = cancelChain(scheduled, now, 'ada');
    assert.ok(cancelled.kind === 'done');
    assert.match(composeCard(cancelled.chain, view).title, /^Cancelled · /);
    const silenced = applyDecision(judged, decisionOf('skip', 'silenced'), null, now);
    assert.match(composeCard(silenced, view).title, /^Silenced · /);
    assert.ok(!composeCard(silenced, view).actions?.of.includes('silence'));
  });

  test('shows nothing that is sealed', () => {
    assert.doesNotMatch(JSON.stringify(composeCard(opened, view)), /mark of/);
  });
});

suite('the message of an outage', () => {
  const member = (id: string) => ({ id, jobName: `periodic-${id}`, url: `https://prow/${id}` });
  const facts = {
    kind: 'outage' as const,
    key: 'step ipi-install-install',
    since: now,
    until: now + 120 * minute,
    members: [member('a'), member('b'), member('c')],
    canary: { ...member('a'), attempt: 1 },
    state: 'holding' as const,
    endedAt: null,
  };

  test('counts who waits for whom', (t) => t.assert.snapshot(composeOutage(facts)));

  test('says how it ended', () => {
    const over = composeOutage({ ...facts, state: 'released', endedAt: now + minute });
    assert.equal(over.title, 'Outage over: 2 runs are tried again');
    const lasted = composeOutage({ ...facts, members: [member('b')], state: 'lasted', endedAt: now });
    assert.equal(lasted.title, 'Outage lasted: 1 run is not tried again');
  });

  test('names twenty jobs and counts the rest', () => {
    const members = Array.from({ length: 40 }, (_, n) => member(`j${n}`));
    const jobs = composeOutage({ ...facts, members }).facts.find(({ name }) => name === 'Wait')?.text ?? '';
    assert.match(jobs, /, and 20 more$/);
  });
});
