import assert from 'node:assert/strict';
import { describe, it, test } from 'node:test';
import * as fc from 'fast-check';
import { type Chain } from '../../../src/chain/chain.ts';
import { closedStates } from '../../../src/chain/transitions.ts';
import { type Digest, computeDigest } from '../../../src/report/digest/compute-digest.ts';
import { day, type Ended, from, hour, makeEnded, makeTries, to } from '../ended-chain.ts';

const week = { from, to };
const empty: Digest = {
  ...week,
  others: 0,
  closed: 0,
  retried: 0,
  rescued: 0,
  exhausted: 0,
  skipped: [],
  handedOver: 0,
  rules: [],
  idleRules: [],
  flakiest: [],
  hours: { spent: 0, rescued: 0, unknown: 0 },
};
const success = { status: 'SUCCESS', hours: 2 } as const;
const failure = { status: 'FAILURE', hours: 0.5 } as const;

const cases: [name: string, chains: Ended[], expected: Partial<Digest>][] = [
  ['no chain', [], {}],
  [
    'one that passed on its second attempt, a flake of its job',
    [{ state: 'passed', rule: 'r', jobName: 'j', tried: [failure, success] }],
    {
      closed: 1,
      retried: 1,
      rescued: 1,
      rules: [{ rule: 'r', tries: 2, rescues: 1 }],
      flakiest: [{ jobName: 'j', rescued: 1 }],
      hours: { spent: 2.5 * hour, rescued: 2 * hour, unknown: 0 },
    },
  ],
  [
    'one that is exhausted',
    [{ state: 'exhausted', rule: 'r', tried: [failure] }],
    {
      closed: 1,
      retried: 1,
      exhausted: 1,
      rules: [{ rule: 'r', tries: 1, rescues: 0 }],
      hours: { spent: 0.5 * hour, rescued: 0, unknown: 0 },
    },
  ],
  [
    'skips by reason, the most frequent first, then by name',
    [
      { state: 'skipped', reason: 'same-failure', rule: 'r' },
      { state: 'skipped', reason: 'silenced' },
      { state: 'skipped', reason: 'no-rule-matched' },
      { state: 'skipped', reason: 'no-rule-matched' },
    ],
    {
      closed: 4,
      skipped: [
        { reason: 'no-rule-matched', chains: 2 },
        { reason: 'same-failure', chains: 1 },
        { reason: 'silenced', chains: 1 },
      ],
    },
  ],
  [
    'those in a person’s hands',
    [{ state: 'rejected' }, { state: 'needs-human' }],
    { closed: 2, handedOver: 2 },
  ],
  [
    'the first moment of the week, and neither the one before nor the first after it, nor what is open',
    [
      { state: 'exhausted', closedAt: from - 1 },
      { state: 'exhausted', closedAt: from },
      { state: 'exhausted', closedAt: to - 1 },
      { state: 'exhausted', closedAt: to },
      { state: 'exhausted', closedAt: null },
    ],
    { closed: 2, exhausted: 2 },
  ],
  [
    'attempts that left no times, or have not ended',
    [
      {
        state: 'skipped',
        reason: 'cancelled',
        tried: [
          { status: 'FAILURE', hours: null },
          { status: null, hours: null },
        ],
      },
    ],
    {
      closed: 1,
      retried: 1,
      skipped: [{ reason: 'cancelled', chains: 1 }],
      hours: { spent: 0, rescued: 0, unknown: 2 },
    },
  ],
  [
    'an end before the start as no times',
    [{ state: 'passed', tried: [{ status: 'SUCCESS', hours: -1 }] }],
    {
      closed: 1,
      retried: 1,
      rescued: 1,
      flakiest: [{ jobName: 'periodic-ci-a', rescued: 1 }],
      hours: { spent: 0, rescued: 0, unknown: 1 },
    },
  ],
  [
    'no try for a rule that says never, though it decided last',
    [{ state: 'skipped', reason: 'never', rule: 'r', tried: [failure] }],
    {
      closed: 1,
      retried: 1,
      skipped: [{ reason: 'never', chains: 1 }],
      hours: { spent: 0.5 * hour, rescued: 0, unknown: 0 },
    },
  ],
];

describe('a digest counts', () => {
  for (const [name, chains, expected] of cases) {
    it(name, async () => {
      assert.deepEqual(await computeDigest(chains.map(makeEnded), week), { ...empty, ...expected });
    });
  }

  it('a run that is a retry by its labels as an attempt, where the memory of the chain begins with it', async () => {
    const chain = makeEnded({ state: 'exhausted', rule: 'r' });
    const runs = chain.runs.map((run) => ({ ...run, attempt: 1 }));
    const digest = await computeDigest([{ ...chain, runs }], week);
    assert.equal(digest.retried, 1);
    assert.deepEqual(digest.rules, [{ rule: 'r', tries: 1, rescues: 0 }]);
  });

  it('the five jobs with the most flakes', async () => {
    const flakes = [1, 4, 2, 2, 3, 5].flatMap((times, job) =>
      Array.from({ length: times }, () =>
        makeEnded({ state: 'passed', jobName: `job-${job}`, tried: [success] }),
      ),
    );
    const { flakiest } = await computeDigest(flakes, week);
    assert.deepEqual(
      flakiest.map(({ jobName, rescued }) => [jobName, rescued]),
      [
        ['job-5', 5],
        ['job-1', 4],
        ['job-4', 3],
        ['job-2', 2],
        ['job-3', 2],
      ],
    );
  });

  it('what comes one by one, too', async () => {
    async function* comeOneByOne(): AsyncGenerator<Chain> {
      yield makeEnded({ state: 'rejected' });
      yield makeEnded({ state: 'rejected' });
    }
    assert.equal((await computeDigest(comeOneByOne(), week)).handedOver, 2);
  });
});

const inVain = Array.from({ length: 20 }, () => false);
const idle: [name: string, chains: Chain[], expected: string[]][] = [
  ['after 20 tries in vain', makeTries('r', inVain, from + day), ['r']],
  ['not after 19', makeTries('r', inVain.slice(1), from + day), []],
  ['by its last 20, not by those before', makeTries('r', [true, ...inVain], from + day), ['r']],
  ['not where one of them helped', makeTries('r', [true, ...inVain.slice(1)], from + day), []],
  [
    'by what was tried before the week',
    [...makeTries('r', inVain.slice(1), from - day), ...makeTries('r', [false], from)],
    ['r'],
  ],
  [
    'by what was tried after the week',
    [...makeTries('r', inVain, from + day), ...makeTries('r', [true], to + day)],
    [],
  ],
  ['only in a week in which it tried', makeTries('r', inVain, from - day), []],
  [
    'by attempts, of which a chain may have several',
    [
      ...makeTries('r', inVain.slice(2), from + day),
      makeEnded({ state: 'exhausted', rule: 'r', tried: [failure, failure] }),
    ],
    ['r'],
  ],
  [
    'by attempts whose end is known',
    [
      ...makeTries('r', inVain.slice(1), from + day),
      makeEnded({ state: 'needs-human', rule: 'r', tried: [{ status: null }] }),
    ],
    [],
  ],
];

describe('a rule is idle', () => {
  for (const [name, chains, expected] of idle) {
    it(name, async () => {
      assert.deepEqual((await computeDigest(chains, week)).idleRules, expected);
      assert.deepEqual((await computeDigest(chains.toReversed(), week)).idleRules, expected);
    });
  }
});

const times = fc.constantFrom(from - 1, from, from + day, to - 1, to, null);
const fails = ['FAILURE', 'FAILURE', 'FAILURE', 'ERROR', 'ABORTED'] as const;
const attempts = fc.array(
  fc.record({
    status: fc.constantFrom(...fails, ...fails, 'SUCCESS', 'PENDING', null),
    hours: fc.option(fc.integer({ min: -2, max: 9 })),
  }),
  { maxLength: 4, size: 'max' },
);
const chains = fc.array(
  fc
    .record({
      state: fc.constantFrom(...closedStates),
      closedAt: times,
      jobName: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g'),
      rule: fc.constantFrom('r', 's', 't', null),
      reason: fc.constantFrom('matched', 'never', 'same-failure', 'attempts-exhausted'),
      tried: attempts,
    })
    .map(makeEnded),
  { maxLength: 60, size: 'max' },
);

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}

test('in whatever order they come, the digest is the same and its sums agree', async () => {
  let named = 0;
  const property = fc.asyncProperty(chains, fc.integer(), async (some, turn) => {
    const digest = await computeDigest(some, week);
    const shuffled = some.toSorted((a, b) => order(a, turn) - order(b, turn));
    assert.deepEqual(await computeDigest(shuffled, week), digest);
    const { closed, retried, rescued, exhausted, skipped, handedOver, rules, flakiest, hours } = digest;
    assert.equal(rescued + exhausted + sum(skipped.map((each) => each.chains)) + handedOver, closed);
    assert.ok(retried <= closed && sum(flakiest.map((each) => each.rescued)) <= rescued);
    assert.ok(rules.every(({ tries, rescues }) => tries > 0 && rescues <= tries));
    assert.ok(hours.rescued >= 0 && hours.rescued <= hours.spent && hours.unknown >= 0);
    assert.ok(digest.idleRules.every((name) => rules.some(({ rule }) => rule === name)));
    named += digest.idleRules.length;
  });
  await fc.assert(property, { numRuns: 400, seed: 47 });
  assert.ok(named > 0, 'idle rules were met');
});

/** Some place in an order that differs with the turn. */
function order({ id }: Chain, turn: number): number {
  return (Number.parseInt(id.slice(0, 8), 16) ^ turn) >>> 0;
}

test('chains that are not for our channels are only counted', async () => {
  const rule = 'r';
  const ended: Ended = { state: 'passed', rule, jobName: 'j', tried: [failure, success] };
  const [ours, unknown, unproven] = [0, 1, 2].map(() => makeEnded({ ...ended }));
  assert.ok(ours && unknown && unproven);
  const known: Chain[] = [
    ours,
    { ...unknown, trust: 'none' },
    { ...unproven, proof: 'none' },
    { ...makeEnded({ ...ended, closedAt: from - 1 }), trust: 'none' },
  ];
  const { others, closed, rules, flakiest } = await computeDigest(known, week);
  assert.deepEqual([others, closed], [2, 1]);
  assert.deepEqual(rules, [{ rule, tries: 2, rescues: 1 }]);
  assert.deepEqual(flakiest, [{ jobName: 'j', rescued: 1 }]);
});
