import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ArtifactSource, Found } from '../../src/evidence/artifacts/artifact-source.ts';
import { foldersOf, listBuilds, type Build } from '../../src/history/list-builds.ts';
import { createMemorySource } from '../evidence/memory-source.ts';

const folder = 'bucket/logs/job';

/** A bucket whose listing has these names, and the place from which each list was asked to begin. */
function sourceOf(names: string[]): { source: ArtifactSource; froms: string[] } {
  const froms: string[] = [];
  const listFolders: ArtifactSource['listFolders'] = async (_folder, from) => {
    froms.push(from);
    return { kind: 'found', value: names.filter((name) => name >= from).toSorted() };
  };
  return { source: { ...createMemorySource({}), listFolders }, froms };
}

function buildsOf(ids: string[], jobFolder = folder) {
  return ids.map((buildId) => ({ buildId, folder: `${jobFolder}/${buildId}` }));
}

test('begins the list at the build, and leaves that one out', async () => {
  const ids = ['1900000000000000003', '1900000000000000002', '1900000000000000001'];
  const { source, froms } = sourceOf(ids);
  assert.deepEqual(await listBuilds(source, folder, { after: '1900000000000000001', max: 20 }), {
    builds: buildsOf(ids.slice(0, 2)),
    denied: [],
    missed: null,
  });
  assert.deepEqual(froms, ['1900000000000000001']);
});

test('goes by number, and begins at the front where text would not do', async () => {
  const { source, froms } = sourceOf(['9', '10', '100', '1900000000000000001', 'latest', '10b']);
  assert.deepEqual(await listBuilds(source, folder, { after: '9', max: 20 }), {
    builds: buildsOf(['1900000000000000001', '100', '10']),
    denied: [],
    missed: null,
  });
  assert.deepEqual(froms, ['']);
});

/** The job's folder in each of two buckets, by what its listing gives. */
async function listBoth(own: Found<string[]>, other: Found<string[]>) {
  const source: ArtifactSource = {
    ...createMemorySource({}, ['other', 'bucket']),
    listFolders: async (asked) => (asked === folder ? own : other),
  };
  return listBuilds(source, folder, { after: '0', max: 20 });
}

test('joins the builds of all buckets by number, each once, the own bucket first', async () => {
  const list = await listBoth(
    { kind: 'found', value: ['1', '3'] },
    { kind: 'found', value: ['2', '3', '4'] },
  );
  const [four, two] = buildsOf(['4', '2'], 'other/logs/job');
  const [three, one] = buildsOf(['3', '1']);
  assert.deepEqual(list, { builds: [four, three, two, one], denied: [], missed: null });
});

const listed: Found<string[]> = { kind: 'found', value: ['1'] };
const down: Found<string[]> = { kind: 'unavailable', why: 'HTTP 503' };
const absent: Found<string[]> = { kind: 'absent' };
const closed = (bucket: string): Found<string[]> => ({ kind: 'denied', bucket });
const here = buildsOf(['1']);
const there = buildsOf(['1'], 'other/logs/job');
const lists: [
  own: string,
  other: string,
  Found<string[]>,
  Found<string[]>,
  missed: object | null,
  Build[],
][] = [
  ['is listed', 'is not public', listed, closed('other'), null, here],
  ['is listed', 'does not exist', listed, absent, null, here],
  ['is listed', 'is away', listed, down, down, here],
  ['is not public', 'is listed', closed('bucket'), listed, closed('bucket'), there],
  ['does not exist', 'is listed', absent, listed, null, there],
  ['does not exist', 'does not exist', absent, absent, absent, []],
  ['is away', 'is not public', down, closed('other'), down, []],
];
for (const [own, other, first, second, missed, builds] of lists) {
  test(`the own bucket ${own}, the other one ${other}`, async () => {
    const denied = [first, second].flatMap((each) => (each.kind === 'denied' ? [each.bucket] : []));
    assert.deepEqual(await listBoth(first, second), { builds, denied, missed });
  });
}

test('the folders of a job begin with its own, also in a bucket that is no longer configured', () => {
  const source = createMemorySource({}, ['a', 'b']);
  assert.deepEqual(foldersOf(source, 'b/logs/job'), ['b/logs/job', 'a/logs/job']);
  assert.deepEqual(foldersOf(source, 'old/logs/job'), ['old/logs/job', 'a/logs/job', 'b/logs/job']);
});
