import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ArtifactSource, Found } from '../../src/evidence/artifacts/artifact-source.ts';
import { foldersOf, listBuilds, listReadableBuilds } from '../../src/history/list-builds.ts';
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
  assert.deepEqual(await listBuilds(source, folder, { after: '1900000000000000001', most: 20 }), {
    kind: 'found',
    value: buildsOf(ids.slice(0, 2)),
  });
  assert.deepEqual(froms, ['1900000000000000001']);
});

test('goes by number, and begins at the front where text would not do', async () => {
  const { source, froms } = sourceOf(['9', '10', '100', '1900000000000000001', 'latest', '10b']);
  assert.deepEqual(await listBuilds(source, folder, { after: '9', most: 20 }), {
    kind: 'found',
    value: buildsOf(['1900000000000000001', '100', '10']),
  });
  assert.deepEqual(froms, ['']);
});

/** The job's folder in each of two buckets, by what its listing gives. */
async function listBoth(own: Found<string[]>, other: Found<string[]>) {
  const source: ArtifactSource = {
    ...createMemorySource({}, ['other', 'bucket']),
    listFolders: async (asked) => (asked === folder ? own : other),
  };
  return {
    strict: await listBuilds(source, folder, { after: '0', most: 20 }),
    lenient: await listReadableBuilds(source, folder, { after: '0', most: 20 }),
  };
}

test('joins the builds of all buckets by number, each once, the own bucket first', async () => {
  const { strict, lenient } = await listBoth(
    { kind: 'found', value: ['1', '3'] },
    { kind: 'found', value: ['2', '3', '4'] },
  );
  const [four, two] = buildsOf(['4', '2'], 'other/logs/job');
  const [three, one] = buildsOf(['3', '1']);
  assert.deepEqual(strict, { kind: 'found', value: [four, three, two, one] });
  assert.deepEqual(lenient, { builds: [four, three, two, one], denied: [] });
});

const listed: Found<string[]> = { kind: 'found', value: ['1'] };
const down: Found<string[]> = { kind: 'unavailable', why: 'HTTP 503' };
const absent: Found<string[]> = { kind: 'absent' };
const closed = (bucket: string): Found<string[]> => ({ kind: 'denied', bucket });
const here = { kind: 'found', value: buildsOf(['1']) };
const there = { kind: 'found', value: buildsOf(['1'], 'other/logs/job') };
const lists: [own: string, other: string, Found<string[]>, Found<string[]>, strict: object, seen: number][] =
  [
    ['is listed', 'is not public', listed, closed('other'), here, 1],
    ['is listed', 'does not exist', listed, absent, here, 1],
    ['is listed', 'is away', listed, down, down, 1],
    ['is not public', 'is listed', closed('bucket'), listed, closed('bucket'), 1],
    ['does not exist', 'is listed', absent, listed, there, 1],
    ['does not exist', 'does not exist', absent, absent, absent, 0],
    ['is away', 'is not public', down, closed('other'), down, 0],
  ];
for (const [own, other, first, second, strict, seen] of lists) {
  test(`the own bucket ${own}, the other one ${other}`, async () => {
    const both = await listBoth(first, second);
    assert.deepEqual(both.strict, strict);
    assert.equal(both.lenient.builds.length, seen);
    const denied = [first, second].flatMap((each) => (each.kind === 'denied' ? [each.bucket] : []));
    assert.deepEqual(both.lenient.denied, denied);
  });
}

test('the folders of a job begin with its own, also in a bucket that is no longer configured', () => {
  const source = createMemorySource({}, ['a', 'b']);
  assert.deepEqual(foldersOf(source, 'b/logs/job'), ['b/logs/job', 'a/logs/job']);
  assert.deepEqual(foldersOf(source, 'old/logs/job'), ['old/logs/job', 'a/logs/job', 'b/logs/job']);
});
