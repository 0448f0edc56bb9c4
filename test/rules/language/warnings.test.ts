import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseRules, warnOfRules } from '../../../src/rules/language/parse-rules.ts';
import { now } from '../matchers/failed-run.ts';

/** What is said of rules with these parts, named a, b, c… and standing in lines of their own. */
function warn(...parts: object[]): string[] {
  const rules = parts.map((part, index) =>
    JSON.stringify({ name: 'abcd'[index], match: {}, retry: { attempts: 1, delay: '1m' }, ...part }),
  );
  const parsed = parseRules([
    { path: 'r.yaml', text: `rules:\n${rules.map((rule) => `  - ${rule}\n`).join('')}` },
  ]);
  assert.ok(parsed.kind === 'good', JSON.stringify(parsed));
  return warnOfRules(parsed, now);
}

const never = 'r.yaml:3:6: rule b is never reached: rule a above matches all that it does';

test('a rule after one that matches everything is never reached, whatever either leads to', () => {
  assert.deepEqual(warn({}, { match: { phase: 'pre' } }), [never]);
  assert.deepEqual(warn({ retry: 'never' }, { match: { job: 'x' }, unless: { log: 'y' } }), [never]);
  assert.deepEqual(warn({ match: { job: '*' } }, {}), [never]);
  assert.deepEqual(warn({ match: { phase: 'pre' } }, {}), [], 'the other way round');
});

test('of three, the first above is named, for each', () => {
  assert.deepEqual(
    warn({ match: { phase: ['pre', 'test'] } }, { match: { phase: 'pre' } }, { match: { phase: 'test' } }),
    [never, 'r.yaml:4:6: rule c is never reached: rule a above matches all that it does'],
  );
});

const pairs: [above: object, below: object, isCovered: boolean][] = [
  [{ phase: ['pre', 'test'] }, { phase: 'pre', job: 'x' }, true],
  [{ phase: 'pre' }, { phase: ['pre', 'test'] }, false],
  [{ job: ['a', '*'] }, { job: 'x' }, true],
  [{ job: 'x-*' }, { job: 'x-*' }, true],
  [{ status: 'FAILURE' }, {}, false],
  [{}, { status: ['ABORTED', 'ERROR'] }, false],
  [{ message: 'x' }, { message: 'x', phase: 'pre' }, true],
  [{ message: 'x' }, { message: 'y' }, false],
  [{ message: 'x' }, {}, false],
  [{ log: 'x' }, { message: 'x' }, false],
  [{ reason: '*' }, {}, true],
  // A run that failed in the lease has no steps, so it passes the rule above by.
  [{ step: '*' }, { phase: 'lease' }, false],
  [{ step: '*' }, { step: 'x' }, true],
  [{ label: '*' }, {}, false],
  [{ label: '*' }, { label: 'x' }, true],
  // A rule that opts in to managed runs takes no others, and a rule that does not takes none of them.
  [{ managed_by: 'aggregation' }, {}, false],
  [{}, { managed_by: 'aggregation' }, false],
  [{ managed_by: ['aggregation', 'prow'] }, { managed_by: 'prow', phase: 'pre' }, true],
  [{ managed_by: 'aggregation' }, { managed_by: 'prow' }, false],
];

for (const [above, below, isCovered] of pairs) {
  test(`${JSON.stringify(below)} is ${isCovered ? 'never' : 'still'} reached below ${JSON.stringify(above)}`, () => {
    assert.deepEqual(warn({ match: above }, { match: below }), isCovered ? [never] : []);
  });
}

test('a rule with an exception or an end leaves room for those below', () => {
  assert.deepEqual(warn({ unless: { phase: 'pre' } }, {}), []);
  assert.deepEqual(warn({ expires: '2027-01-01' }, {}), []);
});

test('a rule that has expired is told, from the moment when it has', () => {
  const told = 'r.yaml:2:6: rule a has expired, so it no longer matches; remove it or give it more time';
  assert.deepEqual(warn({ expires: new Date(now).toISOString() }), [told]);
  assert.deepEqual(warn({ expires: new Date(now + 1).toISOString() }), []);
});

test('a longest delay that is shorter than the delay is told', () => {
  const retry = { attempts: 1, delay: '1h' };
  assert.deepEqual(warn({ retry: { ...retry, max_delay: '59m' } }), [
    'r.yaml:2:6: rule a waits max_delay, which is shorter than its delay',
  ]);
  assert.deepEqual(warn({ retry: { ...retry, max_delay: '1h' } }), []);
});

const oldGlob = 'periodic-ci-openshift-release-master-*';

test('a glob with the old name of a job gives a warning, in every place', () => {
  const says = `names ${oldGlob}: the branch of openshift/release has been main since 2026-02: write main`;
  assert.deepEqual(warn({ match: { job: ['x', oldGlob] } }, { unless: { job: oldGlob } }), [
    `r.yaml:2:6: rule a ${says}`,
    `r.yaml:3:6: rule b ${says}`,
  ]);
  const budgets = `budgets:\n  - {job: x, retries: 1, per: 1h}\n  - {job: "${oldGlob}", retries: 1, per: 1h}\n`;
  const parsed = parseRules([{ path: 'b.yaml', text: budgets }]);
  assert.ok(parsed.kind === 'good');
  assert.deepEqual(warnOfRules(parsed, now), [`b.yaml:3:6: budgets number 2 ${says}`]);
  assert.deepEqual(warn({ match: { job: 'periodic-ci-openshift-release-main-*' } }), []);
});
