import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkSlackApp } from '../../../src/cli/verify/check-settings.ts';
import type { ChannelPublisher, PublicationDraft, WriteResult } from '../../../src/report/reporter.ts';
import { composeVerificationCard } from '../../../src/report/verification.ts';

const verified = { version: '1.2.3', publicAddress: null, at: 0, by: 'command' } as const;
const card = composeVerificationCard([], verified);
const written: WriteResult = { kind: 'written', place: { channel: 'C1', ts: '1.1' } };

/** A publisher that keeps what was written. */
function boardWith({ ok = true, answer = written }: { ok?: boolean; answer?: WriteResult } = {}) {
  const drafts: [channel: string, draft: PublicationDraft | null][] = [];
  const publisher: ChannelPublisher = {
    async write(channel, draft) {
      drafts.push([channel, await draft()]);
      return answer;
    },
    check: async () => ({ ok, says: ok ? 'it is retrigger in Acme' : 'Slack answered invalid_auth' }),
    close: () => {},
  };
  return { publisher, drafts };
}

test('the app is proved by its token, and by a card in the channel', async () => {
  const { publisher, drafts } = boardWith();
  const checks = await checkSlackApp('#ci', publisher, card, true);
  const says = 'it is retrigger in Acme; a message was posted in #ci';
  assert.deepEqual(checks, [{ name: 'slack app', result: 'ok', says }]);
  assert.deepEqual(drafts, [['#ci', { kind: 'card', card, ts: null }]]);
});

const later: WriteResult = { kind: 'later', why: 'ECONNREFUSED', retryAfterMs: null };
const others: [
  what: string,
  given: { publisher: ChannelPublisher | null; slackChannel?: null; isWanted?: boolean },
  expected: [result: string, says: RegExp][],
][] = [
  ['without an app there is nothing to check', { publisher: null }, []],
  [
    'a token that is not taken posts nothing',
    { publisher: boardWith({ ok: false }).publisher },
    [['failed', /^Slack answered invalid_auth$/]],
  ],
  [
    'a channel that cannot be written to',
    { publisher: boardWith({ answer: { kind: 'never', why: 'not_in_channel' } }).publisher },
    [['failed', /^it is retrigger in Acme, but not in #ci: not_in_channel$/]],
  ],
  [
    'a Slack that is away',
    { publisher: boardWith({ answer: later }).publisher },
    [['failed', /but not in #ci: ECONNREFUSED$/]],
  ],
  [
    'a publisher that wrote nothing',
    { publisher: boardWith({ answer: { kind: 'nothing' } }).publisher },
    [['failed', /nothing was posted$/]],
  ],
  [
    'an app without a channel',
    { publisher: boardWith().publisher, slackChannel: null },
    [['not checked', /; RETRIGGER_SLACK_CHANNEL is not set$/]],
  ],
  [
    '--no-slack',
    { publisher: boardWith().publisher, isWanted: false },
    [['not checked', /^--no-slack was given$/]],
  ],
];
for (const [what, { publisher, slackChannel = '#ci', isWanted = true }, expected] of others) {
  test(what, async () => {
    const checks = await checkSlackApp(slackChannel, publisher, card, isWanted);
    assert.deepEqual(
      checks.map(({ result }) => result),
      expected.map(([result]) => result),
    );
    for (const [index, { says }] of checks.entries()) assert.match(says, expected[index]![1]);
  });
}
