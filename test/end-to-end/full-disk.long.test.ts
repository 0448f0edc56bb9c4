import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { ScaledClock } from '../time/scaled-clock.ts';
import type { ProwRun } from '../prow/cluster/prow-run.ts';
import { type Prow, startProw } from '../prow/start-prow.ts';
import { listViews, makeFolder, notifyOnce, settingsFor, toldAs } from './process-setup.ts';
import { ServiceProcess } from './service-process.ts';

const second = 1_000;
const rules = 'rules: [{ name: pre, match: { phase: pre }, retry: { attempts: 1, delay: 5s } }]';
const jobCount = 12;
const jobs = Array.from({ length: jobCount }, (_, n) => `periodic-ci-org-repo-main-e2e-${n}`);

/** A disk of 1 MiB; `null` where nobody may mount one. */
function mountSmallDisk(t: TestContext): string | null {
  const path = mkdtempSync(join(tmpdir(), 'retrigger-small-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m,mode=700', 'tmpfs', path], { stdio: 'ignore' });
  } catch {
    rmSync(path, { recursive: true });
    return null;
  }
  t.after(() => {
    execFileSync('umount', ['--lazy', path]);
    rmSync(path, { recursive: true });
  });
  return path;
}

/** Writes until nothing more goes in, beside what it wrote before; gives the way to make room again. */
async function fill(disk: string): Promise<() => Promise<void>> {
  const path = join(disk, 'filler');
  const file = await open(path, 'a');
  try {
    for (const size of [65_536, 4_096, 1]) {
      while (await file.appendFile(Buffer.alloc(size)).then(() => true, isFull));
    }
  } finally {
    await file.close();
  }
  return () => rm(path);
}

function isFull(error: unknown): false {
  assert.equal((error as NodeJS.ErrnoException).code, 'ENOSPC');
  return false;
}

interface Fixture {
  disk: string;
  service: ServiceProcess;
  prow: Prow;
  /** Runs that have failed, and whose step waits to be told that its notification was taken. */
  failed: ProwRun[];
  /** Ids of the runs that were answered 2xx. */
  taken: Set<string>;
}

async function setUp(t: TestContext, disk: string): Promise<Fixture> {
  const folder = await makeFolder(t, rules);
  const clock = new ScaledClock({ pace: 10 });
  const stageMs = { scheduling: 100, triggered: 100, setup: second, pre: second, test: second, post: second };
  const prow = await startProw({ clock, durations: { ...stageMs, upload: 200, report: 200 } });
  const data = { RETRIGGER_DATA_DIR: join(disk, 'data'), RETRIGGER_POLL_INTERVAL: '2s' };
  const service = new ServiceProcess({ ...settingsFor(prow, folder), ...data }, clock);
  t.after(async () => {
    await service.kill();
    await prow.close();
  });
  const failed: ProwRun[] = [];
  for (const name of jobs)
    prow.defineJob({ name, type: 'periodic', plan: [{ outcome: 'fail-pre' }, { outcome: 'pass' }] });
  return { disk, service, prow, failed, taken: new Set() };
}

/** Starts a run of each job; resolves when all of them have failed. */
async function failAll({ prow, failed }: Fixture, names: readonly string[]): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const wanted = failed.length + names.length;
  prow.onReTriggerStep = (run) => {
    failed.push(run);
    if (failed.length === wanted) resolve();
  };
  for (const name of names) prow.startRun(name);
  await promise;
}

async function notify({ service, prow, taken }: Fixture, run: ProwRun): Promise<Response> {
  const response = await notifyOnce(await service.url, prow, run);
  if (response.ok) taken.add(run.prowJobId);
  return response;
}

async function readReadiness({ service }: Fixture): Promise<{ status: number; text: string }> {
  const response = await fetch(`${await service.url}/readyz`);
  return { status: response.status, text: await response.text() };
}

/**
 * Gives those that were refused. What has room in a page that is there already may still be taken. The service goes on
 * meanwhile and gives pages back, so the disk is filled again before each notification.
 */
async function notifyOnFullDisk(fixture: Fixture, runs: readonly ProwRun[]): Promise<ProwRun[]> {
  const refused: ProwRun[] = [];
  for (const run of runs) {
    await fill(fixture.disk);
    const response = await notify(fixture, run);
    if (response.ok) continue;
    refused.push(run);
    assert.equal(response.status, 503);
    assert.match(response.headers.get('content-type') ?? '', /^application\/problem\+json/);
    assert.match(response.headers.get('retry-after') ?? '', /^\d+$/);
    assert.match(await response.text(), /Nothing was stored/);
  }
  return refused;
}

test(
  'on a full disk nothing is taken that is not kept, and with room again the work goes on',
  { timeout: 180_000 },
  async (t) => {
    const disk = mountSmallDisk(t);
    if (disk === null)
      return t.skip('no tmpfs may be mounted here; test/adapters/lowdb/full-disk.long.test.ts plants ENOSPC');
    const fixture = await setUp(t, disk);
    const { service, prow, taken } = fixture;
    service.start();
    await service.url;
    await failAll(fixture, jobs);
    const [early, late] = [fixture.failed.slice(0, 4), fixture.failed.slice(4)];
    for (const run of early) assert.equal((await notify(fixture, run)).status, 202);

    // Full while it serves: refused, told, and taken once there is room.
    const makeRoom = await fill(disk);
    const refused = await notifyOnFullDisk(fixture, late);
    assert.ok(refused.length >= 3, `${refused.length} were refused`);
    let unready = await readReadiness(fixture);
    while (unready.status !== 503) unready = await readReadiness(fixture);
    assert.match(unready.text, /ENOSPC/);
    await makeRoom();
    // What the last look saw counts for a second.
    while ((await readReadiness(fixture)).status !== 200) await setTimeout(1);
    const [again, never] = [refused.slice(0, 2), refused.slice(2)];
    for (const run of again) assert.ok((await notify(fixture, run)).ok);

    // Full, and killed: what was taken is there, what was refused is not.
    const makeRoomAgain = await fill(disk);
    const stillRefused = await notifyOnFullDisk(fixture, never);
    await service.kill();
    await makeRoomAgain();
    service.start();
    const kept = (await listViews(await service.url)).flatMap(({ runs }) =>
      runs.slice(0, 1).map((run) => run.prow_job_id),
    );
    assert.deepEqual(new Set(kept), taken);
    for (const run of stillRefused) assert.equal((await notify(fixture, run)).status, 202);
    await prow.slack.whenMessage(() => toldAs(prow, 'passed').size === jobCount);

    assert.deepEqual(
      jobs.map((name) => prow.runs.filter(({ jobName }) => jobName === name).length),
      jobs.map(() => 2),
    );
    assert.ok((await listViews(await service.url)).every(({ state }) => state === 'passed'));
  },
);
