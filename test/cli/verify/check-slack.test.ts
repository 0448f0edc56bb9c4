import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkSlackApp } from '../../../src/cli/verify/check-settings.ts';
import type { Board, Draft, Written } from '../../../src/report/reporter.ts';
import { composeVerificationCard } from '../../../src/report/verification.ts';

const verified = { version: '1.2.3', publicAddress: null, at: 0, by: 'command' } as const;
const card = composeVerificationCard([], verified);
const written: Written = { kind: 'written', place: { channel: 'C1', ts: '1.1' } };

/** A board that keeps what was written. */
function boardWith({ ok = true, answer = written }: { ok?: boolean; answer?: Written } = {}) {
  const drafts: [channel: string, draft: Draft | null][] = [];
  const board: Board = {
    async write(channel, draft) {
      drafts.push([channel, await draft()]);
      return answer;
    },
    check: async () => ({ ok, says: ok ? 'it is retrigger in Acme' : 'Slack answered invalid_auth' }),
    close: () => {},
  };
  return { board, drafts };
}

test('the app is proved by its token, and by a card in the channel', async () => {
  const { board, drafts } = boardWith();
  const checks = await checkSlackApp({ slackChannel: '#ci' }, board, card, true);
  const says = 'it is retrigger in Acme; a message was posted in #ci';
  assert.deepEqual(checks, [{ name: 'slack app', result: 'ok', says }]);
  assert.deepEqual(drafts, [['#ci', { kind: 'card', card, ts: null }]]);
});

const later: Written = { kind: 'later', why: 'ECONNREFUSED', retryAfterMs: null };
const others: [
  what: string,
  given: { board: Board | null; slackChannel?: null; isWanted?: boolean },
  expected: [result: string, says: RegExp][],
][] = [
  ['without an app there is nothing to check', { board: null }, []],
  [
    'a token that is not taken posts nothing',
    { board: boardWith({ ok: false }).board },
    [['failed', /^Slack answered invalid_auth$/]],
  ],
  [
    'a channel that cannot be written to',
    { board: boardWith({ answer: { kind: 'never', why: 'not_in_channel' } }).board },
    [['failed', /^it is retrigger in Acme, but not in #ci: not_in_channel$/]],
  ],
  [
    'a Slack that is away',
    { board: boardWith({ answer: later }).board },
    [['failed', /but not in #ci: ECONNREFUSED$/]],
  ],
  [
    'a board that wrote nothing',
    { board: boardWith({ answer: { kind: 'nothing' } }).board },
    [['failed', /nothing was posted$/]],
  ],
  [
    'an app without a channel',
    { board: boardWith().board, slackChannel: null },
    [['not checked', /; RETRIGGER_SLACK_CHANNEL is not set$/]],
  ],
  ['--no-slack', { board: boardWith().board, isWanted: false }, [['not checked', /^--no-slack was given$/]]],
];
for (const [what, { board, slackChannel = '#ci', isWanted = true }, expected] of others) {
  test(what, async () => {
    const checks = await checkSlackApp({ slackChannel }, board, card, isWanted);
    assert.deepEqual(
      checks.map(({ result }) => result),
      expected.map(([result]) => result),
    );
    for (const [index, { says }] of checks.entries()) assert.match(says, expected[index]![1]);
  });
}
