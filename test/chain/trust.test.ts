import {
  note,
  closeAs,
  marked,
  minute,
  now,
  opened,
  run,
  t0,
  refuseToken,
  tokensOf,
  triggering,
} from './chains.ts';
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { recordCreated } from '../../src/chain/attempt.ts';
import { type Chain, type Trust, wakeAtOf } from '../../src/chain/chain.ts';
import { repliesInThread, thread, addressesOf, recipientsOf, enqueueReport } from '../../src/chain/outbox.ts';
import { mergeSecrets, noCredentials } from '../../src/chain/credentials.ts';
import { joinChain, type Sender, openChain } from '../../src/chain/accept.ts';
import { newCard } from '../../src/notice/card-state.ts';
import { escalate } from '../../src/chain/move.ts';
const later = now + minute;
const nothing = { token: marked('T'), slack: null, slackErrors: null };
const [theirs] = addressesOf(opened);
const known = 'mark of known';
const knowsToken = (mark: string): boolean => mark.startsWith(known);
const team: Sender = { trust: 'token', knowsToken };
const forger: Sender = { trust: 'none', knowsToken };

/** The chain as if its notification had brought no address. */
function withoutAddress(chain: Chain): Chain {
  return {
    ...chain,
    credentials: { ...chain.credentials, addresses: openChain(run, nothing, t0).credentials.addresses },
  };
}

function bring(token: string) {
  return { token: marked(token), slack: null, slackErrors: null };
}

function refuse(chain: Chain, token: string, at = now): Chain {
  return refuseToken(chain, token, 'Gangway answered 401', at);
}

suite('who gets the messages of a chain', () => {
  const proven: Chain = { ...opened, proof: 'failed', card: newCard };
  for (const [what, chain, isOurs] of [
    ['an unknown token', proven, false],
    ['a token that Gangway took', { ...proven, trust: 'token' }, true],
    ['the secret', { ...proven, trust: 'secret' }, true],
    ['a known token, without proof', { ...proven, proof: 'none', trust: 'token' }, false],
    [
      'a known token, of a run that has not failed yet',
      { ...proven, proof: 'listed', trust: 'token' },
      false,
    ],
    ['the secret, without proof', { ...proven, proof: 'none', trust: 'secret' }, true],
  ] as const) {
    test(`${what}: ${isOurs ? 'our channels, too' : 'only the addresses that were brought'}`, () => {
      assert.deepEqual(recipientsOf(chain, 'passed'), isOurs ? [theirs, thread] : [theirs]);
      assert.deepEqual(addressesOf(withoutAddress(chain)), isOurs ? [{ kind: 'default' }] : []);
      assert.equal(repliesInThread(chain, 'passed'), isOurs);
    });
  }

  test('a report without an address is not made, so that the chain can settle', () => {
    const told = enqueueReport(withoutAddress(proven), { topic: 'passed' }, later);
    assert.deepEqual([told.outbox, told.updatedAt], [[], later]);
    assert.deepEqual(escalate(withoutAddress(proven), note('Lost'), later).outbox, []);
  });

  test('our channels get messages from the one about the started attempt on', () => {
    const silent = withoutAddress({ ...triggering, card: newCard, outbox: [] });
    const created = recordCreated(silent, { prowJobId: 'run-1', buildId: null }, later, now);
    assert.equal(created.trust, 'token');
    assert.deepEqual(
      created.outbox.map(({ topic, to }) => [topic, to.map(({ id }) => id)]),
      [['triggered', [{ kind: 'default' }, thread]]],
    );
  });
});

suite('a known token', () => {
  test('is kept among any number of others, and taken after any number of refusals', () => {
    const flood = Array.from({ length: 40 }, (_, n) => `bad ${n}`);
    let kept = noCredentials;
    for (const token of [...flood.slice(0, 20), 'known', ...flood.slice(20)]) {
      kept = mergeSecrets(kept, bring(token), knowsToken);
    }
    assert.equal(kept.tokens.length, 9);
    assert.ok(kept.tokens.some((token) => token.kind === 'caller' && token.fingerprint === known));
    const burnt = { ...noCredentials, refusals: 16 };
    assert.equal(mergeSecrets(burnt, bring('bad'), knowsToken).tokens.length, 0);
    assert.equal(mergeSecrets(burnt, bring('known'), knowsToken).tokens.length, 1);
    const own = { token: null, slack: null, slackErrors: null };
    assert.equal(mergeSecrets(burnt, own, () => false).tokens.length, 1);
  });

  test('makes a chain trusted that was opened with another; an unknown one does not', () => {
    for (const [sender, trust] of [
      [team, 'token'],
      [forger, 'none'],
      [{ trust: 'secret', knowsToken }, 'secret'],
    ] as [Sender, Trust][]) {
      assert.equal(joinChain(opened, run, bring('known'), later, sender).trust, trust);
    }
    const closed = closeAs({ ...opened, trust: 'secret' }, 'skipped', now);
    assert.equal(joinChain(closed, run, bring('known'), later, team), closed, 'and takes no trust away');
  });

  test('opens a rejected chain again at once, and counts against no bound', () => {
    const rejected = refuse(withoutAddress(triggering), 'T');
    const burnt = {
      ...rejected,
      reopened: 8,
      credentials: { ...rejected.credentials, refusals: 16 },
    };
    assert.equal(joinChain(burnt, run, bring('bad'), later, forger), burnt);
    let chain: Chain = burnt;
    for (let n = 0; n < 20; n += 1) {
      chain = joinChain(chain, run, bring('known'), later, team);
      assert.deepEqual([chain.state, wakeAtOf(chain), tokensOf(chain)], ['scheduled', later, ['known']]);
      assert.equal(chain.reopened, 8);
      chain = refuse(chain, 'known', later);
      assert.equal(chain.state, 'rejected');
    }
  });
});

suite('a rejected token', () => {
  test('is to be summed up once, when it was first rejected, if our channels heard nothing', () => {
    const rejected = refuse(withoutAddress(triggering), 'T');
    assert.deepEqual([rejected.refusedAt, rejected.outbox], [now, triggering.outbox]);
    const again = refuse(joinChain(rejected, run, bring('bad'), later, forger), 'bad', later);
    assert.deepEqual([again.state, again.refusedAt], ['rejected', now]);
  });

  test('gets its own message if it is a team’s, and is not summed up', () => {
    const rejected = refuse(withoutAddress({ ...triggering, trust: 'token', outbox: [] }), 'T');
    assert.equal(rejected.refusedAt, null);
    assert.deepEqual(
      rejected.outbox.map(({ topic, to }) => [topic, to.map(({ id }) => id)]),
      [['rejected', [{ kind: 'default' }]]],
    );
  });

  test('of a stranger, brought to a team’s chain again and again, causes no further message in our channels', () => {
    const rejected = refuse(withoutAddress({ ...triggering, trust: 'token' }), 'T');
    const again = refuse(
      joinChain({ ...rejected, outbox: [] }, run, bring('bad'), later, forger),
      'bad',
      later,
    );
    assert.deepEqual([again.state, again.outbox], ['rejected', []]);
    const byTeam = refuse(
      joinChain({ ...rejected, outbox: [] }, run, bring('known'), later, { trust: 'secret', knowsToken }),
      'known',
      later,
    );
    assert.deepEqual(
      byTeam.outbox.map(({ topic }) => topic),
      ['rejected'],
    );
  });
});
