import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeSchema } from '../../../src/rules/language/rule.ts';
import { findBreach, type Schema } from '../find-breach.ts';

const schema: Schema = JSON.parse(JSON.stringify(describeSchema()));
const rule = { name: 'a', match: {}, retry: { attempts: 1, delay: '30m' } };

const good: [what: string, file: object][] = [
  ['no rules', { rules: [] }],
  ['never', { rules: [{ ...rule, retry: 'never' }] }],
  ['a list', { rules: [{ ...rule, match: { phase: ['pre', 'test'] } }] }],
  [
    'a single value',
    { rules: [{ ...rule, match: { phase: 'pre', job: '*' }, unless: { status: 'ERROR' } }] },
  ],
  ['an expiry', { rules: [{ ...rule, expires: '2026-12-24' }] }],
  ['variables', { rules: [{ ...rule, retry: { ...rule.retry, envs: { A: '1' } } }] }],
  ['history without a window', { rules: [{ ...rule, history: { max_consecutive_failures: 3 } }] }],
  [
    'budgets and an outage',
    {
      budgets: [{ job: '*', retries: 1, per: '1d' }],
      outage: { same_step_jobs: 2, within: '1h', hold: '1h' },
    },
  ],
];
for (const [what, file] of good) {
  test(`the schema takes ${what}`, () => assert.equal(findBreach(schema, file), null));
}

const bad: [what: string, file: object, at: string][] = [
  ['an unknown key of the file', { rulez: [] }, '/rulez'],
  ['an unknown key of a rule', { rules: [{ ...rule, on: 1 }] }, '/rules/0/on'],
  ['no match', { rules: [{ name: 'a', retry: 'never' }] }, '/rules/0/match'],
  ['an unknown key of match', { rules: [{ ...rule, match: { fase: 'pre' } }] }, '/rules/0/match/fase'],
  ['an unknown phase', { rules: [{ ...rule, match: { phase: 'tset' } }] }, '/rules/0/match/phase'],
  [
    'an unknown phase in a list',
    { rules: [{ ...rule, match: { phase: ['tset'] } }] },
    '/rules/0/match/phase',
  ],
  ['an empty list', { rules: [{ ...rule, match: { phase: [] } }] }, '/rules/0/match/phase'],
  ['a duration in words', { rules: [{ ...rule, retry: { attempts: 1, delay: 'soon' } }] }, '/rules/0/retry'],
  ['too many attempts', { rules: [{ ...rule, retry: { attempts: 11, delay: '1m' } }] }, '/rules/0/retry'],
  [
    'an empty variable',
    { rules: [{ ...rule, retry: { ...rule.retry, envs: { A: '' } } }] },
    '/rules/0/retry',
  ],
  ['half an outage', { outage: { within: '1h', hold: '1h' } }, '/outage/same_step_jobs'],
];
for (const [what, file, at] of bad) {
  test(`the schema refuses ${what}`, () => assert.equal(findBreach(schema, file), at));
}

test('every key says what it is for', () => {
  const silent: string[] = [];
  visit(schema, '');
  assert.deepEqual(silent, []);
  function visit(node: Schema, path: string): void {
    for (const [key, value] of Object.entries(node.properties ?? {})) {
      if (value.description === undefined) silent.push(`${path}/${key}`);
      visit(value, `${path}/${key}`);
    }
    for (const inner of [...(node.items ? [node.items] : []), ...(node.anyOf ?? [])]) visit(inner, path);
  }
});
