import assert from 'node:assert/strict';
import { resolve } from 'node:path';
import { test } from 'node:test';
import { hideFolders } from '../../src/app/hide-folders.ts';

function hide(text: string, rulesDir = '/data/rules', dataDir = '/data'): string[] {
  const condition = { store: { ok: false, fault: text }, rules: { count: 1, problems: [text] }, more: 1 };
  const { store, rules, ...rest } = hideFolders(condition, { rulesDir, dataDir });
  assert.deepEqual(rest, { more: 1 });
  return [...new Set([store.fault ?? '', ...rules.problems])];
}

test('a stranger sees names of files, but no folders', () => {
  for (const [text, shown] of [
    ['/data/rules/x.yaml:3:5: unknown key', 'x.yaml:3:5: unknown key'],
    ['/data/rules/x.yaml and /data/rules/y.yaml', 'x.yaml and y.yaml'],
    ['/data/rules: the directory cannot be read', 'its folder: the directory cannot be read'],
    ["EACCES: permission denied, open '/data/rules/x.yaml'", "EACCES: permission denied, open 'x.yaml'"],
    ["ENOSPC: no space left, open '/elsewhere/probe'", "ENOSPC: no space left, open 'probe'"],
    ['the data directory takes no write (ENOSPC)', 'the data directory takes no write (ENOSPC)'],
  ] as const) {
    assert.deepEqual(hide(text), [shown]);
  }
});

test('folders may be written in any way', () => {
  for (const rulesDir of ['./rules', 'rules/', 'rules', resolve('rules')]) {
    assert.deepEqual(hide('rules/x.yaml:1:1: rules: an array', rulesDir), [
      rulesDir.startsWith('/') ? 'rules/x.yaml:1:1: rules: an array' : 'x.yaml:1:1: rules: an array',
    ]);
    assert.deepEqual(hide(`${resolve('rules')}/x.yaml:1:1: wrong`, rulesDir), ['x.yaml:1:1: wrong']);
  }
  assert.deepEqual(hide('a/b: wrong', '.', '/'), ['a/b: wrong']);
});
