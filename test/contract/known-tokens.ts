import assert from 'node:assert/strict';
import { describe } from 'node:test';
import type { KnownTokens } from '../../src/chain/credentials.ts';
import { testOnEach } from './test-on-each.ts';

const day = 24 * 60 * 60_000;

/** Known tokens to test, none at first, and the way to be done with them. */
export interface TokensUnderTest {
  tokens: KnownTokens;
  /** Lets milliseconds pass on the clock that they go by. */
  pass: (ms: number) => void;
  stop: () => Promise<void>;
}

/** What every memory of known tokens must do; run it with a factory of empty ones. */
export function testKnownTokens(name: string, open: () => Promise<TokensUnderTest>): void {
  const test = testOnEach(open);
  describe(name, () => {
    test('knows a token once Gangway took it, before the disk has it, and no other', async ({ tokens }) => {
      assert.equal(tokens.isKnown('a'), false);
      const adding = tokens.add('a');
      assert.deepEqual([tokens.isKnown('a'), tokens.isKnown('b'), tokens.isKnown('')], [true, false, false]);
      await adding;
      assert.equal(tokens.isKnown('a'), true);
    });

    test('forgets a token that was not used for 90 days, and no other', async ({ tokens, pass }) => {
      await tokens.add('left');
      await tokens.add('used');
      pass(60 * day);
      await tokens.add('used');
      pass(30 * day - 1);
      assert.deepEqual([tokens.isKnown('left'), tokens.isKnown('used')], [true, true]);
      pass(1);
      assert.deepEqual([tokens.isKnown('left'), tokens.isKnown('used')], [false, true]);
    });

    test('keeps the 1,000 that were used last', async ({ tokens, pass }) => {
      for (let n = 0; n < 1_000; n += 1) {
        await tokens.add(`token ${n}`);
        pass(1_000);
      }
      pass(day);
      await tokens.add('token 0');
      await tokens.add('one more');
      const known = ['token 0', 'token 1', 'token 2', 'one more'].map((mark) => tokens.isKnown(mark));
      assert.deepEqual(known, [true, false, true, true]);
    });
  });
}
