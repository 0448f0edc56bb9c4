import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { cancelChain } from '../../../src/chain/actions.ts';
import type { Chain } from '../../../src/chain/chain.ts';
import { delayAttempt } from '../../../src/chain/attempt.ts';
import { coalesceMs, newCard, recordShown } from '../../../src/notice/card-state.ts';
import { move, postpone } from '../../../src/chain/move.ts';
import { patchRun } from '../../../src/chain/record-end.ts';
import { markChangedCardStale } from '../../../src/flow/state/observed-store.ts';
import { closeAs, following, minute, now, scheduled } from '../../chain/chains.ts';

const card = recordShown(newCard, { channel: 'C1', ts: '1.1' }, 'face');
const standing: Chain = { ...scheduled, card };
const begin = (chain: Chain): Chain => move(chain, 'created', { state: 'following', wakeAt: now }, now);
const running: Chain = { ...following, card };

/** A change, and whether the card shows something else after it. */
const changes: [what: string, before: Chain, change: (chain: Chain) => Chain, shows: boolean][] = [
  ['another state', standing, begin, true],
  ['an end', running, (chain) => closeAs(chain, 'passed', now), true],
  ['another time', standing, (chain) => postpone(chain, now + 60 * minute), true],
  ['why it waits', standing, (chain) => delayAttempt(chain, 'Gangway is away', now + minute, now), true],
  ['a page', running, (chain) => patchRun(chain, 'run-1', { url: 'https://prow/1' }), true],
  ['another name', running, (chain) => ({ ...chain, jobName: 'periodic-ci-b' }), true],
  ['a look', running, (chain) => postpone(chain, now + minute), false],
  ['a count', running, (chain) => patchRun(chain, 'run-1', { lateLooks: 2 }), false],
  ['a conflict', running, (chain) => chain, false],
];

suite('a card after a change', () => {
  for (const [what, before, change, shows] of changes) {
    test(`${what}: is ${shows ? '' : 'not '}brought up to date`, () => {
      const { stale } = markChangedCardStale(before, change(before), now).card ?? newCard;
      assert.deepEqual(stale, shows ? { since: now, dueAt: now + coalesceMs, tries: 0 } : null);
    });
  }

  test('is made by news alone', () => {
    const bare: Chain = { ...scheduled, trust: 'secret', card: newCard };
    assert.deepEqual(markChangedCardStale(bare, begin(bare), now).card, newCard);
    const cancelled = cancelChain(bare, now);
    assert.ok(cancelled.kind === 'done');
    assert.notEqual(markChangedCardStale(bare, cancelled.chain, now).card?.stale, null);
  });
});
