import { failed } from '../../rules/matchers/failed-run.ts';
import { note, closeAs } from '../../chain/chains.ts';
import type { Reason, RuleTrace, Decision } from '../../../src/chain/decision.ts';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Missing, OutgoingReport, Topic } from '../../../src/chain/chain.ts';
import { type ChainRun, openRun } from '../../../src/chain/run.ts';
import { openChain } from '../../../src/chain/accept.ts';
import { composeMessage } from '../../../src/report/chain/compose-message.ts';
import type { Message } from '../../../src/report/message.ts';

const now = Date.UTC(2026, 5, 12, 10, 1);
const minute = 60_000;
const job = 'periodic-ci-a';
const runId = { jobName: job, prowJobId: 'run-0', buildId: '1930000000000000001' };
const bare = openChain(runId, { token: null, slack: null, slackErrors: null }, now);
const finding = { key: 'phase', verdict: 'holds', asked: ['pre'], saw: 'pre' } as const;
const trace: RuleTrace = { rule: 'setup-failure', verdict: 'matches', findings: [finding], exceptions: [] };
const because = ['Failed in phase pre, step ipi-install.', 'Rule setup-failure matches: phase is pre.'];
const first: ChainRun = {
  ...openRun('run-0', '1930000000000000001', 0, now),
  url: 'https://prow/1',
  phase: 'pre',
  steps: ['ipi-install'],
};
const second: ChainRun = {
  ...openRun('run-1', '1930000000000000002', 1, now),
  url: 'https://prow/2',
  startedAt: now,
  finishedAt: now + 182 * minute,
};
const toFirst = { text: 'the failed run', url: 'https://prow/1' };
const toSecond = { text: 'attempt 1', url: 'https://prow/2' };
const toRecord = { text: 'attempt 1', url: 'https://prow/prowjob?prowjob=run-1' };

function decisionOf(reason: Decision['reason'], ...last: Reason[]): Decision {
  const outcome = reason === 'matched' ? 'retry' : 'skip';
  const facts = [failed({ steps: ['ipi-install'] }), { kind: 'rule', trace } as const, ...last];
  return { outcome, reason, rule: 'setup-failure', because: facts };
}

function compose(
  topic: Topic,
  runs: ChainRun[],
  fields: { attempt?: number; decision?: Decision; dueAt?: number; reason?: Reason } = {},
  missing: Missing | null = null,
): Message {
  const common = { topic, attempt: 0, at: now, decision: null, to: [] };
  const report = { ...common, dueAt: now, reason: note('x'), ...fields } as OutgoingReport;
  const chain = { ...closeAs({ ...bare, runs }, 'skipped', now), missing };
  return composeMessage(chain, report, 'https://prow');
}

const messages: [name: string, message: Message, expected: Message][] = [
  [
    'scheduled',
    compose('scheduled', [first], {
      decision: decisionOf('matched', { kind: 'plan', attempt: 1, attempts: 1, delayMs: 30 * minute }),
      dueAt: now + 30 * minute,
    }),
    {
      audience: 'people',
      title: 'periodic-ci-a failed and will be tried again at 10:31 UTC',
      lines: [...because, 'Attempt 1 of 1 is made after 30m.', 'Nothing to do: the outcome follows here.'],
      links: [toFirst],
    },
  ],
  [
    'scheduled for another day, after an attempt',
    compose('scheduled', [first, second], { attempt: 1, dueAt: now + 14 * 60 * minute }),
    {
      audience: 'people',
      title: 'periodic-ci-a failed again and will be tried again on 2026-06-13 at 00:01 UTC',
      lines: ['Nothing to do: the outcome follows here.'],
      links: [toSecond, toFirst],
    },
  ],
  [
    'triggered',
    compose('triggered', [first, { ...second, url: null }], { attempt: 1 }),
    {
      audience: 'people',
      title: 'periodic-ci-a was triggered again: attempt 1',
      lines: [
        'Prow took it as run-1, a retry of build 1930000000000000001.',
        'Nothing to do: the outcome follows here.',
      ],
      links: [toRecord, toFirst],
    },
  ],
  [
    'passed',
    compose('passed', [first, second], { attempt: 1 }),
    {
      audience: 'people',
      title: 'periodic-ci-a passed on attempt 1: a flake',
      lines: [
        'The first run had failed in pre, step ipi-install.',
        'This attempt took 3h 2m.',
        'Nothing to do.',
      ],
      links: [toSecond, toFirst],
    },
  ],
  [
    'failed again',
    compose('failed-again', [first, second], {
      attempt: 1,
      decision: decisionOf('attempts-exhausted', { kind: 'exhausted', attempts: 1, attempt: 1 }),
    }),
    {
      audience: 'people',
      title: 'periodic-ci-a failed again on attempt 1 and is not tried again',
      lines: [
        ...because,
        'The rule allows one attempt, and this was attempt 1.',
        'Reason: attempts-exhausted.',
        'Next: read both runs, and start the job by hand if it deserves another try.',
      ],
      links: [toSecond, toFirst],
    },
  ],
  [
    'not retried',
    compose('not-retried', [first], { decision: decisionOf('budget-spent') }),
    {
      audience: 'people',
      title: 'periodic-ci-a failed and is not tried again',
      lines: [
        ...because,
        'Reason: budget-spent.',
        'Next: read the run, and start the job by hand if it deserves another try.',
      ],
      links: [toFirst],
    },
  ],
  [
    'rejected: the attempt never came to be, so the link is to the run that failed last',
    compose('rejected', [first, second], {
      attempt: 2,
      reason: { kind: 'gangway-says', says: 'Gangway does not take this token (401)' },
    }),
    {
      audience: 'errors',
      title: 'periodic-ci-a could not be triggered again: Gangway refused attempt 2',
      lines: [
        'Gangway does not take this token (401).',
        "A token is the one that the job's step sent, from the vault (openshift-ci-api-token); where it sent none, or a person had opened the chain again, it is the service's own, RETRIGGER_GANGWAY_TOKEN.",
        'Next: if the token was rejected, renew it or grant it the right to start the job, then send the same notification again. If Prow does not know the job, fix the job name. Otherwise start the job manually, or press Retry (uses RETRIGGER_GANGWAY_TOKEN).',
        `By HTTP: POST /api/v1/chains/${bare.id}/retry.`,
      ],
      links: [toSecond, toFirst],
    },
  ],
  [
    'needs a person',
    compose('needs-human', [first], { reason: { kind: 'attempt-unknown', attempt: 1 } }),
    {
      audience: 'errors',
      title: 'periodic-ci-a needs a person: retrigger cannot go on',
      lines: [
        'Nothing tells whether attempt 1 was started.',
        "Next: look at the job's runs in Prow, and start it by hand if none is newer than the failed one.",
      ],
      links: [toFirst],
    },
  ],
];

test('what needs a person names what opens the chain again', () => {
  for (const [lacks, remedy] of [
    ['token', /send the notification again.*RETRIGGER_SECRET_KEY/],
    ['location', /RETRIGGER_GCS_BUCKET.*send the notification again, or use Retry/],
    [null, /start it by hand if none is newer/],
  ] as const) {
    const { lines } = compose('needs-human', [first], {}, lacks);
    assert.match(lines.at(-1) ?? '', remedy);
  }
});

for (const [name, message, expected] of messages) {
  test(`tells people: ${name}`, () => assert.deepEqual(message, expected));
}

test('says what it knows where values are missing: no build, address, phase or decision', () => {
  const [unknown, next] = [openRun('run-0', null, 0, now), openRun('run-1', null, 1, now)];
  const nothing = 'Nothing to do: the outcome follows here.';
  const toRun = { text: 'the failed run', url: 'https://prow/prowjob?prowjob=run-0' };
  const told: [Message, string, string[]][] = [
    [compose('scheduled', [unknown]), 'failed and will be tried again at 10:01 UTC', [nothing]],
    [
      compose('triggered', [unknown, next], { attempt: 1 }),
      'was triggered again: attempt 1',
      ['Prow took it as run-1.', nothing],
    ],
    [compose('passed', [unknown, next], { attempt: 1 }), 'passed on attempt 1: a flake', ['Nothing to do.']],
  ];
  for (const [message, title, lines] of told) {
    const links = title.startsWith('failed') ? [toRun] : [toRecord, toRun];
    assert.deepEqual(message, { audience: 'people', title: `${job} ${title}`, lines, links });
  }
  const counts = { 'failed-again': 1, 'not-retried': 1, rejected: 4, 'needs-human': 2 };
  for (const topic of ['failed-again', 'not-retried', 'rejected', 'needs-human'] as const) {
    const { lines, links } = compose(topic, [unknown]);
    assert.deepEqual([lines.length, links], [counts[topic], [toRun]], topic);
  }
});

test('a run without evidence is for a person to judge, so it goes where errors go', () => {
  const { audience } = compose('not-retried', [first], { decision: decisionOf('evidence-missing') });
  assert.equal(audience, 'errors');
});

test('speaks of as many runs as there are', () => {
  const third: ChainRun = { ...second, attempt: 2, prowJobId: 'run-2' };
  const runs = [first, second, third].map((_, index, all) => all.slice(0, index + 1));
  const lines = runs.map((some, attempt) => compose('failed-again', some, { attempt }).lines.at(-1) ?? '');
  assert.deepEqual(
    lines.map((line) => /read (.+?),/.exec(line)?.[1]),
    ['the run', 'both runs', 'the runs'],
  );
});

test('an id from outside stays one part of the address', () => {
  const odd = openRun('a&b=c d', null, 0, now);
  assert.deepEqual(compose('scheduled', [odd]).links, [
    { text: 'the failed run', url: 'https://prow/prowjob?prowjob=a%26b%3Dc%20d' },
  ]);
});

test('a run that is a retry of a lost chain is not called the first failure', () => {
  const lost = { ...second, phase: null };
  const { lines, links } = compose('passed', [lost], { attempt: 1 });
  assert.deepEqual(lines, ['This attempt took 3h 2m.', 'Nothing to do.']);
  assert.deepEqual(links, [toSecond]);
});

test('names all steps of a first failure that had several', () => {
  const { lines } = compose('passed', [{ ...first, steps: ['a', 'b'] }, second], { attempt: 1 });
  assert.equal(lines[0], 'The first run had failed in pre, steps a, b.');
});

test('text from outside stays as it is: making it harmless is for the adapter that knows the markup', () => {
  const hostile = '<!channel> *bold* <https://evil|click> &amp; `x`!';
  const decision = { ...decisionOf('never'), because: [note(hostile)] };
  const run = { ...first, url: 'https://prow/a|b>' };
  const message = compose('not-retried', [run], { decision });
  assert.equal(message.lines[0], hostile);
  assert.deepEqual(message.links, [{ text: 'the failed run', url: 'https://prow/a|b>' }]);
  assert.equal(compose('needs-human', [run], { reason: note(hostile) }).lines[0], hostile);
});
