import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';

test('documents of 16 MiB, whatever they are full of, are read in a heap of 15 MiB', async () => {
  const script = join(import.meta.dirname, 'fixtures', 'gather-hostile.ts');
  const limits = ['--max-old-space-size=15', '--max-semi-space-size=2'];
  const { stdout } = await promisify(execFile)(process.execPath, [...limits, script]);
  const lines = stdout.trim().split('\n');
  assert.ok(lines.length === 5 && lines.every((line) => line.endsWith(' read')), stdout);
});

test('a document of 64 MiB is read in a heap of 24 MiB', { timeout: 120_000 }, async () => {
  const script = join(import.meta.dirname, 'fixtures', 'read-large-junit.ts');
  const run = promisify(execFile);
  const { stdout } = await run(process.execPath, [
    '--max-old-space-size=24',
    '--max-semi-space-size=2',
    script,
  ]);
  const result: unknown = JSON.parse(stdout);
  assert.deepEqual(result, { bytes: 64 * 1_048_576, failed: 51, last: 'pre' });
});
