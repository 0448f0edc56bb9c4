import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { isStoredChain, storedChain } from '../../../../src/adapters/lowdb/chains/schema.ts';

const inBucket = 'logs/a-job/19';
const run = {
  attempt: 0,
  prowJobId: 'run-0',
  buildId: '19',
  folder: `b/${inBucket}`,
  url: null,
  status: 'FAILURE',
  phase: 'pre',
  steps: ['ipi-install'],
  reason: null,
  signature: 'abc',
  message: null,
  knownFailures: [],
  startedAt: 1,
  finishedAt: 2,
  openedAt: 3,
  endSeenAt: 4,
  lateLooks: 0,
  deniedLooks: 0,
  placeLooks: 0,
  gangwayCalls: 0,
};

const decision = { outcome: 'retry', reason: 'matched', rule: 'setup', because: ['It was pre.'] };

const newDecision = { ...decision, because: [{ kind: 'note', text: 'It was pre.' }] };

/** What version 1 wrote of a chain, but for what its state changes. */
const old = {
  id: 'a-chain',
  jobName: 'a-job',
  state: 'judging',
  createdAt: 3,
  updatedAt: 5,
  closedAt: null,
  root: 'run-0',
  runs: [run],
  managedBy: null,
  type: 'periodic',
  refs: null,
  decision,
  intent: null,
  overrides: { names: [], sealed: null, notCarried: [] },
  envs: { X: '1' },
  hold: null,
  demanded: false,
  attempted: 1,
  delayTold: 2,
  rejectedTold: ['s/e', 'default', 'thread'],
  refusedAt: null,
  wakeAt: 7,
  tries: 1,
  outbox: [
    {
      topic: 'scheduled',
      attempt: 0,
      at: 5,
      decision,
      detail: null,
      dueAt: 7,
      to: [
        { mark: 's/e', tries: 1, nextTryAt: 6 },
        { mark: 'thread', tries: 0, nextTryAt: 5 },
      ],
    },
  ],
  card: null,
  muted: { until: 9 },
  ruling: { owner: 'me', issue: null, channel: null },
  credentials: {
    tokens: [
      { mark: 't', sealed: 'sealed' },
      { mark: 'own', sealed: null },
    ],
    refusals: 3,
    addresses: [
      { mark: 's/e', slack: 's', slackErrors: 'e' },
      { mark: 'default', slack: null, slackErrors: null },
    ],
  },
  proof: 'failed',
  trust: 'token',
  isVerified: true,
  claims: null,
  lacks: null,
  reopened: 0,
};

const intent = { attempt: 1, writtenAt: 5, lostAt: null, sent: 1, lists: 2, clean: 1, gangwayCalls: 3 };
const hold = { key: 'step a', since: 1, until: 2, dueAt: 3, canary: { id: 'other', attempt: 1 }, told: true };
const canaryHold = { ...hold, canary: { id: 'a-chain', attempt: 1 } };

/** The same in every state. */
const base = {
  id: 'a-chain',
  jobName: 'a-job',
  createdAt: 3,
  updatedAt: 5,
  root: 'run-0',
  runs: [run],
  managedBy: null,
  type: 'periodic',
  refs: null,
  decision: newDecision,
  overrides: { names: [], sealed: null, notCarried: [] },
  envs: { X: '1' },
  canaryOf: null,
  highestAttempt: 1,
  delayReported: 2,
  rejectionReportedTo: [{ kind: 'address', fingerprint: 's/e' }, { kind: 'default' }, { kind: 'thread' }],
  refusedAt: null,
  tries: 1,
  outbox: [
    {
      topic: 'scheduled',
      attempt: 0,
      at: 5,
      decision: newDecision,
      dueAt: 7,
      to: [
        { id: { kind: 'address', fingerprint: 's/e' }, tries: 1, nextTryAt: 6 },
        { id: { kind: 'thread' }, tries: 0, nextTryAt: 5 },
      ],
    },
  ],
  card: null,
  silencedUntil: 9,
  ruleInfo: { owner: 'me', issue: null, channel: null },
  credentials: {
    tokens: [{ kind: 'caller', fingerprint: 't', sealed: 'sealed' }, { kind: 'own' }],
    refusals: 3,
    addresses: [{ kind: 'address', fingerprint: 's/e', slack: 's', slackErrors: 'e' }, { kind: 'default' }],
  },
  proof: 'failed',
  trust: 'token',
  isVerified: true,
  reportedLocations: null,
  reopened: 0,
  events: [{ at: 3, what: 'opened', by: null, detail: null }],
};

const newIntent = {
  attempt: 1,
  writtenAt: 5,
  lostAt: null,
  postsSent: 1,
  listCalls: 2,
  cleanLists: 1,
  gangwayCalls: 3,
};
const newHold = {
  key: 'step a',
  since: 1,
  until: 2,
  dueAt: 3,
  canary: { id: 'other', attempt: 1 },
  announced: true,
};
const newCanaryHold = { ...newHold, canary: { id: 'a-chain', attempt: 1 } };
const closed = { wakeAt: null, closedAt: 8 };

const cases: [what: string, written: object, read: object][] = [
  ['judging', {}, { state: 'judging', wakeAt: 7 }],
  [
    'scheduled, as the canary of an outage',
    { state: 'scheduled', demanded: false, hold: canaryHold },
    { state: 'scheduled', wakeAt: 7, manual: false, intent: null, canaryOf: newCanaryHold },
  ],
  [
    'scheduled by a person, after a request that went astray',
    { state: 'scheduled', demanded: true, intent },
    { state: 'scheduled', wakeAt: 7, manual: true, intent: newIntent },
  ],
  ['held', { state: 'held', hold }, { state: 'held', wakeAt: 7, hold: newHold, intent: null }],
  [
    'held before a canary was chosen',
    { state: 'held', hold: { ...hold, canary: { id: '', attempt: 0 } } },
    { state: 'held', wakeAt: 7, hold: { ...newHold, canary: null }, intent: null },
  ],
  [
    'triggering',
    { state: 'triggering', intent },
    { state: 'triggering', wakeAt: 7, manual: false, intent: newIntent },
  ],
  [
    'following, as the canary',
    { state: 'following', hold: canaryHold },
    { state: 'following', wakeAt: 7, canaryOf: newCanaryHold },
  ],
  ...['passed', 'exhausted', 'skipped'].map((state): [string, object, object] => [
    state,
    { ...closed, state },
    { state, closedAt: 8, missing: null },
  ]),
  [
    'rejected',
    { ...closed, state: 'rejected' },
    { state: 'rejected', closedAt: 8, missing: null, manual: false },
  ],
  [
    'skipped while it was held, for want of a place',
    { ...closed, state: 'skipped', hold, lacks: 'place', claims: [{ jobName: 'b', buildId: '7' }] },
    {
      state: 'skipped',
      closedAt: 8,
      missing: 'location',
      reportedLocations: [{ jobName: 'b', buildId: '7' }],
    },
  ],
  [
    'needs-human, with an attempt that may exist',
    { ...closed, state: 'needs-human', intent, lacks: 'token' },
    { state: 'needs-human', closedAt: 8, missing: 'token', manual: false, intent: newIntent },
  ],
  [
    'rejected, after a person had asked for the attempt',
    { ...closed, state: 'rejected', demanded: true, lacks: 'token' },
    { state: 'rejected', closedAt: 8, missing: 'token', manual: true },
  ],
];

suite('a chain of version 1 is read as', () => {
  for (const [what, written, read] of cases) {
    test(what, () => {
      const stored: unknown = { ...old, ...written };
      assert.equal(isStoredChain(stored), false);
      const chain = storedChain.parse(stored);
      assert.deepEqual(chain, { ...base, ...read });
      assert.equal(isStoredChain(chain), true, 'and is written as version 2');
    });
  }
});

const reports: [written: object, read: object][] = [
  [
    { topic: 'scheduled', detail: null, dueAt: null },
    { topic: 'scheduled', dueAt: 5 },
  ],
  ...['held', 'delayed', 'muted', 'rejected', 'needs-human'].map((topic): [object, object] => [
    { topic, detail: 'It waits', dueAt: null },
    { topic, reason: { kind: 'note', text: 'It waits' } },
  ]),
  [
    { topic: 'outage-lasted', detail: 'a, b', dueAt: null },
    { topic: 'outage-lasted', jobs: ['a', 'b'] },
  ],
  [
    { topic: 'demanded', detail: 'ann (U1) asked for another attempt', dueAt: null },
    { topic: 'demanded', by: 'ann (U1)' },
  ],
  [
    { topic: 'verified', detail: 'It works\nOne.\nTwo.', dueAt: null },
    { topic: 'verified', title: 'It works', lines: ['One.', 'Two.'] },
  ],
  ...['triggered', 'passed', 'failed-again', 'not-retried', 'cancelled'].map((topic): [object, object] => [
    { topic, detail: null, dueAt: null },
    { topic },
  ]),
];

test('a sentence that told of a plan is a plan, so that it can be past', () => {
  const because = ['Attempt 1 of 2 is made after 1h 30m.', 'Attempt 2 of 2 is made at once.'];
  const chain = storedChain.parse({ ...old, decision: { ...decision, because } });
  assert.deepEqual(chain.decision?.because, [
    { kind: 'plan', attempt: 1, attempts: 2, delayMs: 90 * 60_000 },
    { kind: 'plan', attempt: 2, attempts: 2, delayMs: 0 },
  ]);
});

test('the reports of version 1 keep what they say', () => {
  const of = { attempt: 1, at: 5, decision: null, to: [] };
  const outbox = reports.map(([written]) => ({ ...of, ...written }));
  const chain = storedChain.parse({ ...old, outbox });
  assert.deepEqual(
    chain.outbox,
    reports.map(([, read]) => ({ ...of, ...read })),
  );
});

suite('a chain of version 0.1.0', () => {
  test('may lack what came later', () => {
    const { card: _, muted: __, ruling: ___, managedBy: ____, proof: _____, trust: ______, ...rest } = old;
    const { overrides: _______, refusedAt: ________, isVerified: _________, ...first } = rest;
    const { message: __________, knownFailures: ___________, deniedLooks: ____________, ...bare } = run;
    const chain = storedChain.parse({ ...first, runs: [bare] });
    const added = { silencedUntil: null, ruleInfo: null, proof: 'failed', trust: 'secret', isVerified: true };
    assert.deepEqual(chain, { ...base, ...added, state: 'judging', wakeAt: 7 });
  });

  test('has a list of refused tokens, which are counted', () => {
    const { refusals: _, ...credentials } = old.credentials;
    const chain = storedChain.parse({ ...old, credentials: { ...credentials, refused: ['m', 'n'] } });
    assert.equal(chain.credentials.refusals, 2);
  });

  const places: [what: string, folder: string | null, url: string | null, read: string | null][] = [
    ['with its bucket', `b/${inBucket}`, null, `b/${inBucket}`],
    ['whose bucket is in its address', inBucket, `https://prow/view/gs/old/${inBucket}`, `old/${inBucket}`],
    ['without an address', inBucket, null, null],
    ['with the address of another one', inBucket, 'https://prow/view/gs/old/logs/b-job/19', null],
    ['with an address that is none', inBucket, 'https://prow/19', null],
    ['that is not known', null, null, null],
  ];
  for (const [what, folder, url, read] of places) {
    test(`may hold a folder ${what}`, () => {
      const [first] = storedChain.parse({ ...old, runs: [{ ...run, folder, url }] }).runs;
      assert.deepEqual([first?.folder, first?.url], [read, url]);
    });
  }
});

test('what is no chain stays none', () => {
  for (const odd of [
    null,
    5,
    [],
    { demanded: true },
    { ...old, credentials: 7 },
    { ...old, hold: 'x', state: 'held' },
  ])
    assert.equal(storedChain.safeParse(odd).success, false, JSON.stringify(odd).slice(0, 60));
});
