import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readOpenFileLimit } from '../../src/adapters/system/process.ts';
import { shareOpenFiles } from '../../src/app/machine.ts';

const pools = 8;

test('the store keeps its share at every limit', () => {
  for (let limit = 96; limit < 3_000; limit += 1) {
    const { incoming, outgoing } = shareOpenFiles(limit);
    assert.ok(incoming > 0 && outgoing > 0);
    assert.ok(incoming + pools * outgoing <= limit - 80, `${limit}: ${incoming} in, ${outgoing} out`);
  }
});

test('a usual limit leaves room for a burst, and without a limit there is still a bound', () => {
  assert.deepEqual(shareOpenFiles(128), { incoming: 24, outgoing: 3 });
  assert.deepEqual(shareOpenFiles(1_024), { incoming: 472, outgoing: 59 });
  assert.deepEqual(shareOpenFiles(1_048_576), { incoming: 8_192, outgoing: 128 });
  assert.deepEqual(shareOpenFiles(Number.POSITIVE_INFINITY), { incoming: 8_192, outgoing: 128 });
});

test('the soft limit counts; if it is unknown, the usual one is assumed', () => {
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
