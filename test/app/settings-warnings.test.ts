import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { findSettingsWarnings } from '../../src/app/deployment.ts';
import { readConfig } from '../../src/config/read-config.ts';
import { openDoor } from '../../src/flow/requests/verify-deployment.ts';

/** Unless the environment says otherwise, callers must show a secret. */
function doubted(env: Record<string, string>): string[] {
  const read = readConfig({ ...closed, ...env });
  assert.ok(read.ok);
  return findSettingsWarnings(read.config).map(({ setting }) => setting);
}

const operators = { RETRIGGER_SLACK_OPERATORS: 'U0ADA' };
const closed = { RETRIGGER_WEBHOOK_SECRET: 'a-secret-that-nobody-guesses' };
const bot = { SLACK_BOT_TOKEN: 'xoxb-1', RETRIGGER_SLACK_CHANNEL: '#ci', ...operators };
const hook = { RETRIGGER_SLACK_WEBHOOK_URL: 'https://hooks.slack.com/services/T/B/x' };

/** What is set, and the settings that are doubted. */
const cases: [name: string, env: Record<string, string>, doubted: string[]][] = [
  ['nobody hears of anything', {}, ['RETRIGGER_SLACK_WEBHOOK_URL']],
  ['a webhook', hook, []],
  ['the whole app', { ...bot, SLACK_SIGNING_SECRET: 's' }, []],
  ['the whole app in socket mode', { ...bot, SLACK_APP_TOKEN: 'xapp-1' }, []],
  ['an app that hears nobody', bot, ['SLACK_SIGNING_SECRET']],
  [
    'an app without a channel',
    { ...hook, ...operators, SLACK_BOT_TOKEN: 'x', SLACK_APP_TOKEN: 'x' },
    ['RETRIGGER_SLACK_CHANNEL'],
  ],
  ['an app without its token', { ...hook, SLACK_SIGNING_SECRET: 's' }, ['SLACK_BOT_TOKEN']],
  ['a channel without an app', { ...hook, RETRIGGER_SLACK_CHANNEL: '#ci' }, ['SLACK_BOT_TOKEN']],
  [
    'an app that anybody may press',
    { SLACK_BOT_TOKEN: 'x', RETRIGGER_SLACK_CHANNEL: '#ci', SLACK_APP_TOKEN: 'x' },
    ['RETRIGGER_SLACK_OPERATORS'],
  ],
  ['both ways to connect', { ...bot, SLACK_APP_TOKEN: 'x', SLACK_SIGNING_SECRET: 's' }, ['SLACK_APP_TOKEN']],
  ['a passphrase', { ...hook, RETRIGGER_SECRET_KEY: 'correct horse battery' }, ['RETRIGGER_SECRET_KEY']],
  ['a short secret', { ...hook, RETRIGGER_WEBHOOK_SECRET: 'hunter2' }, ['RETRIGGER_WEBHOOK_SECRET']],
];

suite('what is said of settings that hold', () => {
  for (const [name, env, expected] of cases) test(name, () => assert.deepEqual(doubted(env), expected));
});

test('the warning about a missing webhook secret says what that costs and how to change it', () => {
  const read = readConfig(hook);
  assert.ok(read.ok);
  assert.deepEqual(findSettingsWarnings(read.config), [
    { setting: 'RETRIGGER_WEBHOOK_SECRET', says: openDoor },
  ]);
  for (const part of [/anyone/, /made-up failure costs/, /set RETRIGGER_WEBHOOK_SECRET/]) {
    assert.match(openDoor, part);
  }
});
