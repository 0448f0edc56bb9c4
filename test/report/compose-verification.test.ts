import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type Check,
  fail,
  pass,
  skip,
  warn,
  composeVerification,
  composeVerificationCard,
} from '../../src/report/verification.ts';

const at = Date.UTC(2026, 5, 12, 10, 1, 59);
const url = 'https://retrigger.example';
const byCommand = { version: '1.2.3', publicAddress: url, at, by: 'command' } as const;
const byNotification = { ...byCommand, by: 'notification' } as const;
const good = [pass('gangway', 'it takes the token'), pass('bucket', 'it can be listed')];

test('says line by line what was checked and came out, and how the deployment is reached', () => {
  assert.deepEqual(composeVerification(good, byNotification), {
    audience: 'people',
    title: 'retrigger is verified',
    lines: [
      'Slack: ok, or this would not be here to read.',
      'Gangway: ok, it takes the token',
      'Bucket: ok, it can be listed',
      'Version: 1.2.3',
      'Public address: https://retrigger.example',
      'Asked for by a notification of the job that verifies deployments, at 2026-06-12 10:01 UTC.',
    ],
    links: [],
  });
  assert.deepEqual(composeVerification(good, byCommand).lines.slice(-3), [
    'Version: 1.2.3, of the command that checked.',
    'Public address: https://retrigger.example',
    'Somebody ran retrigger verify at 2026-06-12 10:01 UTC.',
  ]);
  const unnamed = composeVerification(good, { ...byNotification, publicAddress: null });
  assert.match(
    unnamed.lines.join('\n'),
    /^Public address: not shown, because RETRIGGER_PUBLIC_URL is not set$/m,
  );
});

const verdicts: [what: string, checks: Check[], title: string, tone: string][] = [
  ['all is well', good, 'retrigger is verified', 'good'],
  [
    'some was not looked at',
    [...good, skip('store', 'made at the first start')],
    'retrigger is verified, but for store',
    'good',
  ],
  ['some is worth a look', [...good, warn('notifications', 'open')], 'retrigger is verified', 'good'],
  [
    'some failed, whatever else was not looked at',
    [fail('gangway', 'no'), fail('rules', 'none'), skip('store', 'x')],
    'retrigger is not verified: see gangway, rules',
    'bad',
  ],
];
for (const [what, checks, title, tone] of verdicts) {
  test(`the first words say that ${what}`, () => {
    const message = composeVerification(checks, byCommand);
    const { actions, facts, ...card } = composeVerificationCard(checks, byCommand);
    assert.equal(message.title, title);
    const { lines, links } = message;
    assert.deepEqual(card, { tone, title, lines, links });
    assert.deepEqual([actions, facts], [null, []]);
  });
}

test('what a check says is one line, and not endless', () => {
  const { lines } = composeVerification([fail('rules', `a.yaml:1:1: no\n  ${'x'.repeat(2_000)}`)], byCommand);
  assert.match(lines[1] ?? '', /^Rules: failed, a\.yaml:1:1: no x+…$/);
  assert.ok((lines[1] ?? '').length < 330);
});
