import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type NotificationSecrets,
  hasNewToken,
  type Credentials,
  mergeSecrets,
  noCredentials,
  refuseTokens,
} from '../../src/chain/credentials.ts';
import { marked } from './chains.ts';

function bring(
  token: string | null,
  slack: string | null = null,
  slackErrors: string | null = null,
): NotificationSecrets {
  const mark = (secret: string | null) => (secret === null ? null : marked(secret));
  return { token: mark(token), slack: mark(slack), slackErrors: mark(slackErrors) };
}

function keepAll(...all: NotificationSecrets[]): Credentials {
  return all.reduce((kept, brought) => mergeSecrets(kept, brought), noCredentials);
}

function refuseAll(known: Credentials): Credentials {
  const marks = known.tokens.map(({ mark }) => mark);
  return refuseTokens(known, marks);
}

function tokensOf({ tokens }: Credentials): (string | null)[] {
  return tokens.map(({ sealed }) => sealed);
}

test('what each notification brings is kept in the order of arrival, and a repeat adds nothing', () => {
  const kept = keepAll(bring('a', 'x', 'y'), bring('b', 'x'));
  assert.deepEqual(tokensOf(kept), ['a', 'b']);
  assert.deepEqual(
    kept.addresses.map(({ slack, slackErrors }) => [slack, slackErrors]),
    [
      ['x', 'y'],
      ['x', null],
    ],
  );
  assert.equal(mergeSecrets(kept, bring('b', 'x', 'y')), kept);
});

test('no token stands for the service’s own, and no address for the settings’: both are kept beside the others', () => {
  const kept = keepAll(bring('forged', 'x'), bring(null));
  assert.deepEqual(tokensOf(kept), ['forged', null]);
  assert.deepEqual(
    kept.addresses.map(({ slack }) => slack),
    ['x', null],
  );
  assert.equal(mergeSecrets(kept, bring(null)), kept);
});

test('a refused token makes room, and comes back with the next notification that has it', () => {
  const kept = refuseTokens(keepAll(bring('a'), bring('b')), ['mark of a']);
  assert.deepEqual(tokensOf(kept), ['b']);
  assert.equal(kept.refusals, 1);
  assert.deepEqual(tokensOf(mergeSecrets(kept, bring('a'))), ['b', 'a']);
  assert.equal(refuseTokens(kept, ['mark of a']), kept, 'it is no longer there');
});

for (const [when, place] of [
  ['before', 30],
  ['after', 0],
] as const) {
  test(`a flood ${when} the true notification does not wash it away, and does not fill the disk`, () => {
    const flood = Array.from({ length: 30 }, (_, n) => bring(`t${n}`, `s${n}`));
    const kept = keepAll(...flood.toSpliced(place, 0, bring('true', 'ours')));
    assert.ok(tokensOf(kept).includes('true'));
    assert.ok(kept.addresses.some(({ slack }) => slack === 'ours'));
    assert.deepEqual([kept.tokens.length, kept.addresses.length], [8, 8]);
  });
}

test('an address that a report is still to reach stays, whatever comes', () => {
  const flood = (from: number) => Array.from({ length: 5 }, (_, n) => bring(null, `s${from + n}`));
  const before = keepAll(...flood(0).slice(1), bring(null, 'ours'));
  const awaited = new Set(before.addresses.map(({ mark }) => mark));
  const after = flood(5).reduce((kept, each) => mergeSecrets(kept, each, awaited), before);
  assert.deepEqual(
    after.addresses.map(({ slack }) => slack),
    ['s1', 's2', 's3', 's4', 'ours', 's6', 's7', 's8', 's9'],
  );
  assert.ok(
    !flood(5)
      .reduce((kept, each) => mergeSecrets(kept, each), before)
      .addresses.some(({ slack }) => slack === 'ours'),
  );
});

for (const distinct of [40, 3, 1])
  test(`after 16 refusals no token is taken, of ${distinct} that keep coming`, () => {
    const tokens = Array.from({ length: 40 }, (_, n) => bring(`t${n % distinct}`));
    const kept = tokens.reduce((known, each) => refuseAll(mergeSecrets(known, each)), noCredentials);
    assert.deepEqual([kept.refusals, tokensOf(kept)], [16, []]);
    for (const each of tokens) assert.equal(hasNewToken(kept, each), false);
  });
