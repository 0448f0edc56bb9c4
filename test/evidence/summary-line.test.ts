import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { summaryLine } from '../../src/text/clean-text.ts';

const cases: [said: string[], shown: string | null][] = [
  [[], null],
  [['', ' \n\t'], null],
  [['\n  quota exceeded  \nmore'], 'quota exceeded'],
  [['first\nx', 'second'], 'first'],
  [['failed to get secret: pull-secret-missing'], 'failed to get secret: pull-secret-missing'],
  [['curl -H "Authorization: Bearer abcdef123456"'], 'curl -H "Authorization: Bearer <secret>"'],
  [['oc login --token=sha256~AbCdEf0123456789'], 'oc login --token=<secret>'],
  [['{"password": "correct-horse", "user": "ada"}'], '{"password": "<secret>", "user": "ada"}'],
  [['found xoxb-1234-5678 in the log'], 'found <secret> in the log'],
  [['jwt eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl here'], 'jwt <secret> here'],
  [
    ['POST https://hooks.slack.com/services/T0/B0/abcdef failed'],
    'POST https://hooks.slack.com/services/T0/B0/<secret> failed',
  ],
];

suite('the first line of a failure', () => {
  for (const [said, shown] of cases) test(JSON.stringify(said), () => assert.equal(summaryLine(said), shown));

  test('is cut to 200 characters, and leaves no half of a secret', () => {
    const line = summaryLine([`${'x'.repeat(190)} Bearer ${'s'.repeat(400)}`]) ?? '';
    assert.equal(line.length, 200);
    assert.doesNotMatch(line, /sss/);
  });
});
