import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readOpenFileLimit } from '../../src/adapters/system/open-files.ts';
import { shareOpenFiles } from '../../src/app/share-open-files.ts';

const pools = 8;

test('whatever the limit, the store keeps its part of it', () => {
  for (let limit = 96; limit < 3_000; limit += 1) {
    const { incoming, outgoing } = shareOpenFiles(limit);
    assert.ok(incoming > 0 && outgoing > 0);
    assert.ok(incoming + pools * outgoing <= limit - 80, `${limit}: ${incoming} in, ${outgoing} out`);
  }
});

test('a usual limit leaves room for a burst, and no limit is no reason for ten thousands', () => {
  assert.deepEqual(shareOpenFiles(128), { incoming: 24, outgoing: 3 });
  assert.deepEqual(shareOpenFiles(1_024), { incoming: 472, outgoing: 59 });
  assert.deepEqual(shareOpenFiles(1_048_576), { incoming: 8_192, outgoing: 128 });
  assert.deepEqual(shareOpenFiles(Number.POSITIVE_INFINITY), { incoming: 8_192, outgoing: 128 });
});

test('the limit is the soft one; a machine that does not tell counts as a usual one', () => {
  const limits = (soft: string) => () =>
    `Limit                     Soft Limit           Hard Limit           Units     \nMax open files            ${soft.padEnd(20)} 524288               files     \n`;
  assert.equal(readOpenFileLimit(limits('128')), 128);
  assert.equal(readOpenFileLimit(limits('unlimited')), Number.POSITIVE_INFINITY);
  assert.equal(
    readOpenFileLimit(() => ''),
    1_024,
  );
  assert.equal(
    readOpenFileLimit(() => {
      throw new Error('ENOENT');
    }),
    1_024,
  );
  assert.ok(readOpenFileLimit() > 0);
});
