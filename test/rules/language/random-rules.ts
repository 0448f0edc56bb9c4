import * as fc from 'fast-check';
import type { Gap } from '../../../src/evidence/gap.ts';
import { phases } from '../../../src/evidence/phase.ts';
import { managers } from '../../../src/job/managed-by.ts';
import { type Refs, jobTypes } from '../../../src/job/type.ts';
import { jobStatuses } from '../../../src/job/status.ts';
import type { DecisionContext } from '../../../src/rules/decide/context.ts';
import type { FailedRun } from '../../../src/rules/matchers/matcher.ts';
import { day, failedRun, hour, now } from '../matchers/failed-run.ts';

/** The same runs each time, so that a failure of the tests is no matter of luck. */
export const seed = 20_260_612;

/** Few words, so that rules and runs meet. */
const jobs = ['periodic-ci-a', 'periodic-ci-b', 'pull-ci-c', 'rehearse-1-d', '', '*{', '\u{1F600}'];
const globs = ['*', 'periodic-*', 'periodic-ci-?', '*-{a,b}', 'x', '{a,{b,c}}', '\u{1F600}'];
const steps = ['ipi-install', 'ipi-conf', 'gather'];
const reasons = ['executing_graph:acquiring_lease', 'building_image'];
const messages = ['quota exceeded', 'invalid pull secret', 'a\nb', ''];
const patterns = ['(?i)QUOTA', 'secret$', '^a$', '(a+)+$', '.'];
const signatures = ['f00', 'ba5'];
const managedLabels = { 'release.openshift.io/verify': 'true' };
const refs: Refs = { org: 'o', repo: 'r', base_ref: 'm', base_sha: 'a', pulls: [] };

/** One, or a list of them. */
function anyOf(words: readonly string[]): fc.Arbitrary<unknown> {
  const word = fc.constantFrom(...words);
  return fc.oneof(word, fc.uniqueArray(word, { minLength: 1, maxLength: 3 }));
}

/** Of a record, whatever keys. */
function someOf(model: Record<string, fc.Arbitrary<unknown>>): fc.Arbitrary<object> {
  return fc.record(model, { requiredKeys: [] });
}

/** A rule that says much seldom matches: it asks for a key or two. */
const condition = fc
  .record({
    job: anyOf(globs),
    type: anyOf(jobTypes),
    status: anyOf(['FAILURE', 'ERROR', 'ABORTED']),
    phase: anyOf(phases),
    step: anyOf(['*', 'ipi-*', 'gather']),
    reason: anyOf(['*', '*lease*', 'x']),
    message: fc.constantFrom(...patterns),
    log: fc.constantFrom(...patterns),
    label: anyOf(['*', 'Infra*', 'x']),
    managed_by: anyOf(managers),
  })
  .chain((whole) => fc.subarray(Object.entries(whole), { maxLength: 2 }))
  .map((entries) => Object.fromEntries(entries));

const duration = fc.constantFrom('0s', '500ms', '5m', '1h', '7d');

const retry = fc.oneof(
  { weight: 1, arbitrary: fc.constant('never') },
  {
    weight: 6,
    arbitrary: fc
      .tuple(
        fc.record({ attempts: fc.integer({ min: 1, max: 10 }), delay: duration }),
        someOf({
          backoff: fc.double({ min: 1, max: 10, noNaN: true }),
          max_delay: duration,
          jitter: fc.double({ min: 0, max: 1, noNaN: true }),
          cooldown: duration,
          envs: fc.constant({ X: '1' }),
        }),
      )
      .map(([always, some]) => ({ ...always, ...some })),
  },
);

const history = someOf({
  max_consecutive_failures: fc.integer({ min: 1, max: 3 }),
  same_failure: fc.constant('stop'),
  window: fc.constantFrom('1ms', '1d', '90d'),
});

/** The `rules` of a file, as people write them; their names are r0, r1, r2… */
export const ruleInputs = fc
  .array(
    fc
      .tuple(
        fc.record({ match: condition, retry }),
        someOf({
          unless: condition,
          history,
          expires: fc.constantFrom('2026-06-12', '2026-06-13', '2026-06-12T10:00:00Z'),
          owner: fc.constant('ann'),
          issue: fc.constant('#1'),
        }),
      )
      .map(([always, some]) => ({ ...some, ...always })),
    { maxLength: 5 },
  )
  .map((rules) => rules.map((rule, index) => ({ name: `r${index}`, ...rule })));

function orNull<T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | null> {
  return fc.option(value, { freq: 8 });
}

function seldom<T>(value: T): fc.Arbitrary<T | null> {
  return fc.oneof({ weight: 3, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: fc.constant(value) });
}

export const runs: fc.Arbitrary<FailedRun> = fc
  .record({
    jobName: fc.constantFrom(...jobs, 'periodic-ci-a', 'periodic-ci-a'),
    attempt: fc.oneof(fc.constantFrom(0, 1), fc.nat({ max: 12 }), fc.constant(9999)),
    evidence: fc.record({
      status: fc.constantFrom(...jobStatuses, 'FAILURE' as const, 'ERROR' as const, 'UNKNOWN' as const),
      type: orNull(fc.constantFrom(...jobTypes, 'periodic' as const, 'periodic' as const)),
      refs: orNull(fc.constant(refs)),
      labels: fc.constantFrom({}, {}, {}, { 'prow.k8s.io/re-run': '1' }, managedLabels),
      knownFailures: orNull(fc.subarray([{ label: 'InfraFailure', summary: 'the node was lost.' }])),
      phase: orNull(fc.constantFrom(...phases)),
      steps: fc.subarray(steps),
      reason: orNull(fc.constantFrom(...reasons)),
      messages: fc.subarray(messages),
      logTail: orNull(fc.constantFrom(...messages)),
      signature: orNull(fc.constantFrom(...signatures)),
      gaps: fc.subarray<Gap>([
        { file: 'prowjob.json', kind: 'absent', detail: '' },
        { file: 'finished.json', kind: 'open', detail: 'no file was seen' },
      ]),
    }),
  })
  // Only these phases have steps.
  .map(({ evidence: { steps: failed, ...evidence }, ...rest }) => {
    const isBefore = evidence.phase !== null && !['pre', 'test', 'post'].includes(evidence.phase);
    return failedRun({ ...evidence, steps: isBefore ? [] : failed }, rest);
  });

const pastRun = fc.record({
  buildId: fc.constant('1'),
  prowJobId: fc.constant(null),
  jobName: fc.constant(null),
  status: fc.constantFrom(...jobStatuses, 'FAILURE' as const),
  startedAt: fc.constant(null),
  finishedAt: orNull(fc.integer({ min: now - 20 * day, max: now })),
  attempt: fc.constantFrom(0, 1),
});

export const someFacts: fc.Arbitrary<DecisionContext> = fc.record({
  pastRuns: orNull(fc.array(pastRun, { maxLength: 6 })),
  earlierSignatures: fc.constantFrom([], signatures),
  lastAttemptAt: orNull(fc.integer({ min: now - 8 * day, max: now + hour })),
  silence: seldom({ id: '1', job: '*', until: now + hour, author: 'ann', comment: 'the lab moves' }),
  outage: seldom({ key: 'step ipi-install', jobs: 5, holdMs: 2 * hour }),
});

export const chances = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
