import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Found } from '../../../src/evidence/artifacts/artifact-source.ts';
import { describeHidden, locateFolder, locateRun } from '../../../src/evidence/artifacts/locate-run.ts';
import { createMemorySource } from '../memory-source.ts';

type Objects = Record<string, string | Found<never>>;

const logs = 'logs/job/17';
const alias = 'pr-logs/directory/job/17.txt';
const pull = 'pr-logs/pull/org_repo/5/job/17';
const batch = 'pr-logs/pull/batch/job/17';
const absent = { kind: 'absent', denied: [], elsewhere: null };

async function locate(objects: Objects) {
  return locateRun(createMemorySource(objects, ['a', 'b']), 'job', '17');
}

/** Every object that a look asks a bucket for, refused. */
function close(bucket: string): Objects {
  const frames = [logs, pull, batch].flatMap((folder) =>
    ['started.json', 'prowjob.json', 'finished.json'].map((name) => `${bucket}/${folder}/${name}`),
  );
  const denied: Found<never> = { kind: 'denied', bucket };
  return Object.fromEntries([...frames, `${bucket}/${alias}`].map((path) => [path, denied]));
}

function found(value: string) {
  return { kind: 'found', value };
}

describe('a run lies', () => {
  for (const name of ['started.json', 'prowjob.json', 'finished.json']) {
    test(`where its ${name} is, in whichever bucket`, async () => {
      assert.deepEqual(await locate({ [`a/${logs}/${name}`]: '{}' }), found(`a/${logs}`));
      assert.deepEqual(await locate({ [`b/${logs}/${name}`]: '{}' }), found(`b/${logs}`));
      assert.deepEqual(await locate({ [`b/${batch}/${name}`]: '{}' }), found(`b/${batch}`));
    });
  }

  test('where its alias points', async () => {
    assert.deepEqual(await locate({ [`a/${alias}`]: `gs://a/${pull}\n` }), found(`a/${pull}`));
    assert.deepEqual(await locate({ [`a/${alias}`]: `gs://a/${pull}/` }), found(`a/${pull}`));
  });

  test('in another of the buckets, if its alias says so', async () => {
    assert.deepEqual(await locate({ [`a/${alias}`]: `gs://b/${pull}` }), found(`b/${pull}`));
  });

  test('in the first bucket that has it', async () => {
    const both = { [`a/${logs}/started.json`]: '{}', [`b/${logs}/finished.json`]: '{}' };
    assert.deepEqual(await locate(both), found(`a/${logs}`));
  });

  test('in the other bucket that its ProwJob names, if it is there as well', async () => {
    const decorated = { spec: { decoration_config: { gcs_configuration: { bucket: 'gs://b' } } } };
    const linked = { status: { url: `https://prow/view/gs/b/${logs}` } };
    for (const prowJob of [decorated, linked]) {
      const here = { [`a/${logs}/prowjob.json`]: JSON.stringify(prowJob) };
      assert.deepEqual(await locate(here), found(`a/${logs}`));
      assert.deepEqual(await locate({ ...here, [`b/${logs}/started.json`]: '{}' }), found(`b/${logs}`));
    }
    const foreign = { spec: { decoration_config: { gcs_configuration: { bucket: 'c' } } } };
    const here = { [`a/${logs}/prowjob.json`]: JSON.stringify(foreign), [`c/${logs}/started.json`]: '{}' };
    assert.deepEqual(await locate(here), found(`a/${logs}`));
  });

  test('nowhere, also when pages of HTML stand for what is missing', async () => {
    assert.deepEqual(await locate({}), absent);
    assert.deepEqual(
      await locate({ [`a/${logs}/started.json`]: '<html>', [`a/${alias}`]: '<html>' }),
      absent,
    );
  });

  test("unknown, while a bucket can't be read and no other bucket has it", async () => {
    const down: Found<never> = { kind: 'unavailable', why: 'HTTP 503' };
    assert.deepEqual(await locate({ [`a/${logs}/started.json`]: down }), down);
    assert.deepEqual(await locate({ [`b/${alias}`]: down }), down);
    const whole = { [`a/${logs}/started.json`]: down, [`a/${logs}/finished.json`]: '{}' };
    assert.deepEqual(await locate(whole), found(`a/${logs}`));
    assert.deepEqual(
      await locate({ [`a/${alias}`]: down, [`b/${logs}/started.json`]: '{}' }),
      found(`b/${logs}`),
    );
  });
});

describe('a bucket that is not public', () => {
  test('is named, if no other one has the run', async () => {
    assert.deepEqual(await locate(close('a')), { ...absent, denied: ['a'] });
    assert.deepEqual(await locate({ ...close('a'), ...close('b') }), { ...absent, denied: ['a', 'b'] });
  });

  test('hides no run in another bucket', async () => {
    assert.deepEqual(await locate({ ...close('a'), [`b/${logs}/started.json`]: '{}' }), found(`b/${logs}`));
  });

  test('is said in words', () => {
    assert.deepEqual(describeHidden({ denied: ['a'], elsewhere: 'c' }), [
      'access denied: bucket a is not public',
      'the run lies in bucket c, which RETRIGGER_GCS_BUCKET does not name',
    ]);
    assert.deepEqual(describeHidden({ denied: ['a', 'b'], elsewhere: null }), [
      'access denied: buckets a, b are not public',
    ]);
  });
});

describe('an alias is refused', () => {
  const refused: [string, string, RegExp][] = [
    ['out of pr-logs', 'gs://a/logs/job/17', /outside of pr-logs/],
    ['around pr-logs', 'gs://a/pr-logs/../logs/job/17', /outside of pr-logs/],
    ['to another run', 'gs://a/pr-logs/pull/org_repo/5/job/18', /another run/],
    ['to nothing', 'gs://a', /outside of pr-logs/],
  ];
  for (const [name, text, why] of refused) {
    test(name, async () => {
      const located = await locate({ [`a/${alias}`]: text });
      assert.match(located.kind === 'unavailable' ? located.why : located.kind, why);
    });
  }

  test('into a bucket that is not configured, which is named and not asked', async () => {
    const source = createMemorySource({ [`a/${alias}`]: `gs://c/${pull}` }, ['a', 'b']);
    assert.deepEqual(await locateRun(source, 'job', '17'), { ...absent, elsewhere: 'c' });
    assert.ok(source.asked.every((path) => /^[ab]\//.test(path)));
  });
});

test('a folder is found at its own place first, then at the same path in the other buckets', async () => {
  const at = async (folder: string, objects: Objects) =>
    locateFolder(createMemorySource(objects, ['a', 'b']), folder);
  const both = { [`a/${pull}/started.json`]: '{}', [`b/${pull}/started.json`]: '{}' };
  assert.deepEqual(await at(`b/${pull}`, both), found(`b/${pull}`));
  assert.deepEqual(await at(`old/${pull}`, both), found(`a/${pull}`));
  assert.deepEqual(await at(`a/${pull}`, { [`b/${pull}/started.json`]: '{}' }), found(`b/${pull}`));
  assert.deepEqual(await at(`a/${pull}`, {}), absent);
});
