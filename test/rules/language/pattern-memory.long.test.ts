import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

test('kept expressions take at most 32 MiB, for any texts', () => {
  const hoard = fileURLToPath(new URL('./fixtures/match-hostile-globs.ts', import.meta.url));
  const { status, stderr } = spawnSync(process.execPath, ['--max-old-space-size=160', hoard], {
    encoding: 'utf8',
  });
  assert.equal(status, 0, stderr.slice(0, 500));
});
