import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type NotificationSecrets,
  hasNewToken,
  type Credentials,
  mergeSecrets,
  type KeptAddress,
  noCredentials,
  refuseTokens,
} from '../../src/chain/credentials.ts';
import { marked, tokenOf } from './chains.ts';

function bring(
  token: string | null,
  slack: string | null = null,
  slackErrors: string | null = null,
): NotificationSecrets {
  const mark = (secret: string | null) => (secret === null ? null : marked(secret));
  return { token: mark(token), slack: mark(slack), slackErrors: mark(slackErrors) };
}

const knowsNone = (): boolean => false;

function merge(
  known: Credentials,
  brought: NotificationSecrets,
  isAwaited: (address: KeptAddress) => boolean = knowsNone,
): Credentials {
  return mergeSecrets(known, brought, knowsNone, isAwaited);
}

/** Each address as its two sealed texts; `default` for that of the settings. */
function addressesOf({ addresses }: Credentials): unknown[] {
  return addresses.map((each) => (each.kind === 'default' ? 'default' : [each.slack, each.slackErrors]));
}

function keepAll(...all: NotificationSecrets[]): Credentials {
  return all.reduce((kept, each) => merge(kept, each), noCredentials);
}

function refuseAll(known: Credentials): Credentials {
  return refuseTokens(known, known.tokens);
}

function tokensOf({ tokens }: Credentials): (string | null)[] {
  return tokens.map((token) => (token.kind === 'own' ? null : token.sealed));
}

test('what each notification brings is kept in the order of arrival, and a repeat adds nothing', () => {
  const kept = keepAll(bring('a', 'x', 'y'), bring('b', 'x'));
  assert.deepEqual(tokensOf(kept), ['a', 'b']);
  assert.deepEqual(addressesOf(kept), [
    ['x', 'y'],
    ['x', null],
  ]);
  assert.equal(merge(kept, bring('b', 'x', 'y')), kept);
});

test('no token stands for the service’s own, and no address for the settings’: both are kept beside the others', () => {
  const kept = keepAll(bring('forged', 'x'), bring(null));
  assert.deepEqual(tokensOf(kept), ['forged', null]);
  assert.deepEqual(addressesOf(kept), [['x', null], 'default']);
  assert.equal(merge(kept, bring(null)), kept);
});

test('a refused token makes room, and comes back with the next notification that has it', () => {
  const kept = refuseTokens(keepAll(bring('a'), bring('b')), [tokenOf('a')]);
  assert.deepEqual(tokensOf(kept), ['b']);
  assert.equal(kept.refusals, 1);
  assert.deepEqual(tokensOf(merge(kept, bring('a'))), ['b', 'a']);
  assert.equal(refuseTokens(kept, [tokenOf('a')]), kept, 'it is no longer there');
});

test('of a flood the newest stay, so that it does not fill the disk', () => {
  const flood = Array.from({ length: 30 }, (_, n) => bring(`t${n}`, `s${n}`));
  const kept = keepAll(...flood, bring('true', 'ours'));
  assert.deepEqual(tokensOf(kept), ['t23', 't24', 't25', 't26', 't27', 't28', 't29', 'true']);
  assert.deepEqual(addressesOf(kept).at(-1), ['ours', null]);
  assert.equal(kept.addresses.length, 8);
});

test('an address that a report is still to reach stays, whatever comes', () => {
  const flood = (from: number) => Array.from({ length: 5 }, (_, n) => bring(null, `s${from + n}`));
  const before = keepAll(...flood(0).slice(1), bring(null, 'ours'));
  const after = flood(5).reduce(
    (kept, each) => merge(kept, each, (address) => before.addresses.includes(address)),
    before,
  );
  assert.deepEqual(
    addressesOf(after),
    ['s1', 's2', 's3', 's4', 'ours', 's5', 's6', 's7', 's8', 's9'].map((slack) => [slack, null]),
  );
  const unawaited = [...flood(5), ...flood(10)].reduce((kept, each) => merge(kept, each), before);
  assert.ok(!JSON.stringify(addressesOf(unawaited)).includes('ours'));
});

for (const distinct of [40, 3, 1])
  test(`after 16 refusals no token is taken, of ${distinct} that keep coming`, () => {
    const tokens = Array.from({ length: 40 }, (_, n) => bring(`t${n % distinct}`));
    const kept = tokens.reduce((known, each) => refuseAll(merge(known, each)), noCredentials);
    assert.deepEqual([kept.refusals, tokensOf(kept)], [16, []]);
    for (const each of tokens) assert.equal(hasNewToken(kept, each, knowsNone), false);
  });
