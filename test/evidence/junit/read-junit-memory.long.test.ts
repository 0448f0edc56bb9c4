import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { readJunit } from '../../../src/evidence/junit/read-junit.ts';

async function* generateFailures(count: number): AsyncGenerator<Uint8Array> {
  const encoder = new TextEncoder();
  const log = 'line of a log\n'.repeat(1_000);
  yield encoder.encode('<testsuites><testsuite name="step graph">');
  for (let at = 0; at < count; at += 1) {
    yield encoder.encode(
      `<testcase name="case ${at}"><failure message="">${at < 100 ? log : 'short'}</failure></testcase>`,
    );
  }
  yield encoder.encode(
    '<testcase name="Run multi-stage test pre phase"><failure>"e2e" pod "e2e-install" failed: x</failure></testcase>',
  );
  yield encoder.encode('</testsuite></testsuites>');
}

describe('100,000 failed cases', () => {
  test('leave a bounded number of bounded texts, and the phase that comes last', async () => {
    const report = await readJunit(generateFailures(100_000));
    assert.equal(report?.failed.length, 51);
    assert.equal(report?.failed.at(-1)?.kind, 'pre');
    assert.ok(report?.failed.every((failed) => failed.text.length <= 4_096));
    assert.deepEqual(report?.problems, ['has 100001 failed cases, of which 51 were kept']);
  });

  test('of one phase do not crowd out another', async () => {
    async function* bytes() {
      for (let at = 0; at < 500; at += 1) {
        yield new TextEncoder().encode(
          '<testcase name="Run multi-stage test post phase"><failure>x</failure></testcase>',
        );
      }
      yield new TextEncoder().encode(
        '<testcase name="Run multi-stage test pre phase"><failure>x</failure></testcase>',
      );
    }
    assert.deepEqual(
      (await readJunit(bytes()))?.failed.map((failed) => failed.kind),
      [...Array(8).fill('post'), 'pre'],
    );
  });
});
