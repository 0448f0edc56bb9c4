import assert from 'node:assert/strict';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { newCard } from '../../src/notice/card-state.ts';
import type { Notice } from '../../src/notice/notice.ts';
import { startChild } from '../child/start-child.ts';
import type { RunPlan } from '../prow/cluster/run-plan.ts';
import { World } from './start-world.ts';

const jobs = ['periodic-ci-org-repo-main-e2e-aws', 'periodic-ci-org-repo-main-e2e-gcp'] as const;
const plan: RunPlan[] = [{ outcome: 'fail-pre' }, { outcome: 'pass' }];
const apiToken = 'a-token-for-tests';

const notice: Notice = {
  id: 'digest 2026-W21',
  facts: { kind: 'digest', from: 0, to: 1 },
  card: newCard,
  openedAt: 1,
  closedAt: 1,
};

/** What may befall a file while nobody looks. */
const damages: Record<string, (bytes: Buffer) => Buffer> = {
  'cut in half': (bytes) => bytes.subarray(0, bytes.length >> 1),
  emptied: () => Buffer.alloc(0),
  'full of garbage': (bytes) => Buffer.from(bytes.map((byte, at) => byte ^ (at * 7 + 13))),
  'followed by garbage': (bytes) => Buffer.concat([bytes, Buffer.from('{"half":\n\0\0')]),
};

interface Case {
  /** The file's path in the data directory. */
  find: (files: string[]) => string | undefined;
  level: 'error' | 'warn';
  msg: string;
  /** Jobs whose chains are gone with it. */
  lost: readonly string[];
}

const cases: Record<string, Case> = {
  "a job's document": {
    find: (files) => files.find((file) => file.startsWith(`jobs/${jobs[0]}`)),
    level: 'error',
    msg: 'damaged document set aside',
    lost: [jobs[0]],
  },
  'the file of silences': {
    find: (files) => files.find((file) => file === 'silences.json'),
    level: 'error',
    msg: 'damaged silences set aside',
    lost: [],
  },
  'the file of notices': {
    find: (files) => files.find((file) => file === 'notices.json'),
    level: 'error',
    msg: 'damaged notices set aside',
    lost: [],
  },
  "a job's history": {
    find: (files) => files.find((file) => file.startsWith(`history/`) && file.includes(jobs[1])),
    level: 'warn',
    msg: 'damaged history set aside',
    lost: [],
  },
};

async function listFiles(data: string): Promise<string[]> {
  const entries = await readdir(data, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(data.length + 1));
}

for (const [what, { find, level, msg, lost }] of Object.entries(cases)) {
  for (const [damage, spoil] of Object.entries(damages)) {
    test(`${what} that was ${damage} while the service was down is set aside and named, and the rest is served`, async (t) => {
      const world = await World.start(t, {
        env: { RETRIGGER_API_TOKEN: apiToken, RETRIGGER_POLL_INTERVAL: '2m' },
      });
      const { data, notified } = await liveUntilScheduled(world);
      await world.service.store.notices.update(notice.id, () => notice);
      await world.service.close();
      const path = join(data, find(await listFiles(data)) ?? 'there is no such file');
      const spoiled = spoil(await readFile(path));
      await writeFile(path, spoiled);
      await world.restart();

      const listTold = () =>
        world.logs
          .map((line) => JSON.parse(line) as Record<string, unknown>)
          .filter((line) => line['msg'] === msg);
      // Histories are read after the start, one by one.
      await world.until('the file is named', async () => listTold().length > 0);
      const told = listTold();
      assert.deepEqual(
        told.map((line) => [line['level'], line['file']]),
        [[level, path]],
      );
      const movedTo = String(told[0]?.['movedTo']);
      assert.equal(movedTo.startsWith(join(data, 'damaged')), true);
      assert.deepEqual(await readFile(movedTo), spoiled);

      const kept = jobs.filter((job) => !lost.includes(job));
      assert.deepEqual(
        (await world.chains()).map((chain) => chain.job_name).toSorted(),
        [...kept].toSorted(),
      );
      // A run whose chain is gone may be told of again.
      for (const run of notified) assert.ok((await world.notifyOf(run)).ok);
      await world.until('every chain has ended', async () => {
        const chains = await world.chains();
        return chains.length === jobs.length && chains.every((chain) => chain.state === 'passed');
      });
      assert.equal(world.prow.runs.length, 2 * jobs.length);
    });
  }
}

async function liveUntilScheduled(world: World) {
  for (const name of jobs) {
    world.prow.defineJob({ name, type: 'periodic', plan });
    world.prow.startRun(name);
  }
  await world.until('both are scheduled', async () => {
    const chains = await world.chains();
    return chains.length === 2 && chains.every(({ state }) => state === 'scheduled');
  });
  const answer = await fetch(`${world.service.url}/api/v1/silences`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${apiToken}` },
    body: JSON.stringify({ job: 'other-*', until: '2026-06-03T00:00:00Z', author: 'me', comment: 'a test' }),
  });
  assert.equal(answer.status, 201, await answer.text());
  return { data: join(world.directory, 'data'), notified: [...world.prow.runs] };
}

test('garbage in the journal is copied and named, a line that was cut short is dropped, and the rest is served', async (t) => {
  const world = await World.start(t);
  const data = join(world.directory, 'data');
  world.prow.defineJob({ name: jobs[0], type: 'periodic', plan });
  world.prow.startRun(jobs[0]);
  await world.untilState('scheduled');
  await world.service.close();
  const garbage = 'no line of ours\n{"half": \n{"cut sh';
  await writeFile(join(data, 'journal.jsonl'), garbage);
  await world.restart();
  const told = world.logs.map((line) => JSON.parse(line) as Record<string, unknown>);
  const damaged = told.find((line) => line['msg'] === 'damaged lines in the journal');
  const reason = 'it is not a line of the journal';
  assert.deepEqual(
    [damaged?.['level'], damaged?.['lines']],
    ['error', [1, 2].map((line) => ({ line, chain: null, reason }))],
  );
  assert.equal(await readFile(String(damaged?.['copiedTo']), 'utf8'), garbage);
  await world.untilState('passed');
});

for (const content of ['', 'cut']) {
  test(`a key file of ${content.length} bytes stops the start, which says what to do; a listed key goes on without it`, async (t) => {
    const world = await World.start(t);
    await world.service.close();
    const data = join(world.directory, 'data');
    await writeFile(join(data, 'secret.key'), content);
    const env = { RETRIGGER_DATA_DIR: data, RETRIGGER_LISTEN_PORT: '0' };
    const { code, stderr } = await startChild(t, 'src/main.ts', ['serve'], env).ended;
    assert.equal(code, 1);
    assert.match(stderr, /secret\.key holds no key: delete it to have one made, or set RETRIGGER_SECRET_KEY/);
    assert.equal(await readFile(join(data, 'secret.key'), 'utf8'), content);
    await world.restart({ RETRIGGER_SECRET_KEY: 'a key that is listed' });
    assert.deepEqual(await world.chains(), []);
  });
}
