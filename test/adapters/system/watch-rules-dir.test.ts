import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { watchRulesDir } from '../../../src/adapters/system/rules-dir.ts';

interface Watched {
  base: string;
  rules: string;
  /** Resolves at the next change that is told. */
  next: () => Promise<void>;
}

/** Watches `rules` in a fresh folder, which `prepare` has filled; the first look always tells. */
async function watchFolder(t: TestContext, prepare: (base: string) => Promise<void>): Promise<Watched> {
  const base = await mkdtemp(join(tmpdir(), 'retrigger-watch-'));
  await prepare(base);
  let told = Promise.withResolvers<void>();
  const stop = watchRulesDir(join(base, 'rules'), () => {
    told.resolve();
    told = Promise.withResolvers();
  });
  // The watch alone does not keep a process alive.
  const alive = setInterval(() => {}, 1_000);
  t.after(async () => {
    clearInterval(alive);
    await stop();
    await rm(base, { recursive: true, force: true });
  });
  await told.promise;
  return { base, rules: join(base, 'rules'), next: () => told.promise };
}

async function makeRelease(base: string, name: string, text: string): Promise<void> {
  await mkdir(join(base, name));
  await writeFile(join(base, name, '10-a.yaml'), text);
}

test('a changed, a new and a removed file are told', async (t) => {
  const { rules, next } = await watchFolder(t, (base) => makeRelease(base, 'rules', 'rules: []'));
  const steps = [
    () => writeFile(join(rules, '10-a.yaml'), 'rules: [ ]'),
    () => writeFile(join(rules, '20-b.yaml'), 'rules: []'),
    () => rm(join(rules, '20-b.yaml')),
  ];
  for (const step of steps) {
    const told = next();
    await step();
    await told;
  }
});

test('a directory that is away for a while, and one put in its place, are seen again', async (t) => {
  const { base, rules, next } = await watchFolder(t, (folder) => makeRelease(folder, 'rules', 'rules: []'));
  const gone = next();
  await rename(rules, join(base, 'away'));
  await gone;
  const back = next();
  await rename(join(base, 'away'), rules);
  await back;
  await makeRelease(base, 'other', 'rules: [ ]');
  const replaced = next();
  await rename(rules, join(base, 'old'));
  await rename(join(base, 'other'), rules);
  await replaced;
  const changed = next();
  await writeFile(join(rules, '10-a.yaml'), 'rules: [  ]');
  await changed;
});

test('a link that is swapped is followed to where it leads now', async (t) => {
  const { base, rules, next } = await watchFolder(t, async (folder) => {
    await makeRelease(folder, 'v1', 'rules: []');
    await symlink('v1', join(folder, 'rules'));
  });
  await makeRelease(base, 'v2', 'rules: []');
  const swapped = next();
  await symlink('v2', join(base, 'next'));
  await rename(join(base, 'next'), rules);
  await swapped;
  const changed = next();
  await writeFile(join(base, 'v2', '10-a.yaml'), 'rules: [ ]');
  await changed;
});
