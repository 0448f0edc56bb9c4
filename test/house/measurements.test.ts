import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { houseOf, readFolder } from './house.ts';
import { findMeasurements, mayReadTheClock } from './measurements.ts';

const files = readFolder(fileURLToPath(new URL('../..', import.meta.url)), 'test');

test('no test measures a duration', async () => {
  const breaches = findMeasurements(await houseOf(files, []));
  assert.equal(breaches.map(({ path, line, advice }) => `${path}:${line}: ${advice}`).join('\n'), '');
});

test('a file on the list of those that may read the clock is there, and reads it', () => {
  for (const path of Object.keys(mayReadTheClock)) assert.match(files[path] ?? '', /\.now\b/, path);
});

test('a planted measurement is found', async () => {
  const planted = {
    'test/job/a.test.ts':
      "const text = 'performance.now()';\nconst at = performance.now();\nprocess.hrtime.bigint();\nprocess.cpuUsage();\nDate.now();\nclock.now();",
    'test/bench/b.ts': 'performance.now();',
    'test/time/fast-clock.ts': 'performance.now();',
  };
  const found = findMeasurements(await houseOf(planted, [])).map(({ path, line }) => `${path}:${line}`);
  assert.deepEqual(
    found,
    [2, 3, 4, 5].map((line) => `test/job/a.test.ts:${line}`),
  );
});
