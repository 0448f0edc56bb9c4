import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Found } from '../../src/evidence/artifact-source.ts';
import { locateRun } from '../../src/evidence/locate-run.ts';
import { createMemorySource } from './memory-source.ts';

const logs = 'logs/job/17';
const alias = 'pr-logs/directory/job/17.txt';
const pull = 'pr-logs/pull/org_repo/5/job/17';
const absent = { kind: 'absent' };

async function locate(objects: Record<string, string | Found<never>>) {
  return locateRun(createMemorySource(objects), 'bucket', 'job', '17');
}

describe('a run lies', () => {
  for (const name of ['started.json', 'prowjob.json', 'finished.json']) {
    test(`where its ${name} is`, async () => {
      assert.deepEqual(await locate({ [`${logs}/${name}`]: '{}' }), { kind: 'found', value: logs });
    });
  }

  test('where its alias points', async () => {
    assert.deepEqual(await locate({ [alias]: `gs://bucket/${pull}\n` }), { kind: 'found', value: pull });
    assert.deepEqual(await locate({ [alias]: `gs://bucket/${pull}/` }), { kind: 'found', value: pull });
  });

  test('nowhere, also when pages of HTML stand for what is missing', async () => {
    assert.deepEqual(await locate({}), absent);
    assert.deepEqual(await locate({ [`${logs}/started.json`]: '<html>', [alias]: '<html>' }), absent);
  });

  test("nobody knows where, while the bucket can't be read", async () => {
    const down: Found<never> = { kind: 'unavailable', why: 'HTTP 503' };
    assert.deepEqual(await locate({ [`${logs}/started.json`]: down }), down);
    assert.deepEqual(await locate({ [alias]: down }), down);
    assert.deepEqual(await locate({ [`${logs}/started.json`]: down, [`${logs}/finished.json`]: '{}' }), {
      kind: 'found',
      value: logs,
    });
  });
});

describe('an alias is refused', () => {
  const refused: [string, string, RegExp][] = [
    ['into another bucket', `gs://other/${pull}`, /another bucket/],
    ['out of pr-logs', 'gs://bucket/logs/job/17', /outside of pr-logs/],
    ['around pr-logs', 'gs://bucket/pr-logs/../logs/job/17', /outside of pr-logs/],
    ['to another run', 'gs://bucket/pr-logs/pull/org_repo/5/job/18', /another run/],
    ['to nothing', 'gs://bucket', /another bucket/],
  ];
  for (const [name, text, why] of refused) {
    test(name, async () => {
      const found = await locate({ [alias]: text });
      assert.match(found.kind === 'unavailable' ? found.why : found.kind, why);
    });
  }
});
