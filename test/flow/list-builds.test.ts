import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ArtifactSource } from '../../src/evidence/artifact-source.ts';
import { listBuilds } from '../../src/flow/list-builds.ts';
import { createMemorySource } from '../evidence/memory-source.ts';

const folder = 'logs/job';

/** A bucket whose listing has these names, and the place from which each list was asked to begin. */
function sourceOf(names: string[]): { source: ArtifactSource; froms: string[] } {
  const froms: string[] = [];
  const listFolders: ArtifactSource['listFolders'] = async (_folder, from) => {
    froms.push(from);
    return { kind: 'found', value: names.filter((name) => name >= from).toSorted() };
  };
  return { source: { ...createMemorySource({}), listFolders }, froms };
}

test('begins the list at the build, and leaves that one out', async () => {
  const ids = ['1900000000000000003', '1900000000000000002', '1900000000000000001'];
  const { source, froms } = sourceOf(ids);
  assert.deepEqual(await listBuilds(source, folder, '1900000000000000001'), {
    kind: 'found',
    value: ids.slice(0, 2),
  });
  assert.deepEqual(froms, ['1900000000000000001']);
});

test('goes by number, and begins at the front where text would not do', async () => {
  const { source, froms } = sourceOf(['9', '10', '100', '1900000000000000001', 'latest', '10b']);
  assert.deepEqual(await listBuilds(source, folder, '9'), {
    kind: 'found',
    value: ['1900000000000000001', '100', '10'],
  });
  assert.deepEqual(froms, ['']);
});
