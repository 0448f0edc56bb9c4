import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { SystemClock } from '../../src/adapters/system/system-clock.ts';
import { jobFileName } from '../../src/adapters/lowdb/chains/job-file.ts';
import { nodeDisk } from '../../src/adapters/lowdb/disk/node-disk.ts';
import { openEmbeddedStore } from '../../src/adapters/lowdb/open-store.ts';
import { StartStopped, startService } from '../../src/app/start.ts';
import { readConfig } from '../../src/config/read-config.ts';
import { createLogger } from '../../src/logging.ts';
import { makeChain } from '../contract/chain-store.ts';
import { makeFolder } from './process-setup.ts';

const clock = new SystemClock();
const rules = 'rules:\n  - { name: all, match: { job: "*" }, retry: { attempts: 1, delay: 1h } }\n';
const stored = makeChain('stored-run', 'job-a', clock.now());

/** A service whose store has one document, which is not read before `goOn`. */
async function startLoading(t: TestContext, stop?: AbortSignal) {
  const folder = await makeFolder(t, rules);
  const jobs = join(folder, 'data', 'jobs');
  await mkdir(jobs, { recursive: true });
  const text = JSON.stringify({ version: 1, job: 'job-a', chains: [stored] });
  await writeFile(join(jobs, jobFileName('job-a')), text);
  const { promise: held, resolve: goOn } = Promise.withResolvers<void>();
  const read = nodeDisk.read.bind(nodeDisk);
  t.mock.method(nodeDisk, 'read', async (path: string) => {
    if (path.startsWith(jobs)) await held;
    return read(path);
  });
  const { promise: listening, resolve: listens } = Promise.withResolvers<string>();
  const log = createLogger('info', {
    write: (line: string) => {
      const { msg, url } = JSON.parse(line) as { msg: string; url?: string };
      if (msg === 'listening, loading the store') listens(url ?? '');
    },
  });
  const config = readConfig({
    RETRIGGER_LISTEN_PORT: '0',
    RETRIGGER_DATA_DIR: join(folder, 'data'),
    RETRIGGER_RULES_DIR: folder,
    // Nobody answers there.
    RETRIGGER_GANGWAY_URL: 'http://127.0.0.1:1',
    RETRIGGER_GCS_URL: 'http://127.0.0.1:1',
  });
  assert.ok(config.ok);
  const starting = startService(config.config, { clock, log }, stop);
  return { url: await listening, starting, goOn, directory: config.config.dataDir };
}

test('while the store loads, it is alive, not ready, and takes failures in', async (t) => {
  const { url, starting, goOn } = await startLoading(t);
  const notify = (prowJobId: string, jobName: string) =>
    fetch(`${url}/openshift-ci-re-trigger`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ job_name: jobName, build_id: '1', prow_job_id: prowJobId, trigger_token: 't' }),
    });
  assert.equal((await fetch(`${url}/healthcheck`)).status, 200);
  const readyz = await fetch(`${url}/readyz`);
  const { store } = (await readyz.json()) as { store: unknown };
  assert.deepEqual([readyz.status, store], [503, { ok: false, fault: 'loading 0 of 1' }]);
  assert.deepEqual(
    [(await notify('new', 'job-b')).status, (await notify('new', 'job-b')).status],
    [202, 200],
  );
  for (const path of ['', '/unknown']) {
    const answer = await fetch(`${url}/api/v1/chains${path}`);
    assert.deepEqual([answer.status, answer.headers.get('retry-after')], [503, '5']);
    assert.match(await answer.text(), /still loading/);
  }
  const repeat = notify('stored-run', 'job-a');
  goOn();
  assert.equal((await repeat).status, 200);
  const service = await starting;
  const list = await fetch(`${url}/api/v1/chains`);
  const { chains } = (await list.json()) as { chains: { runs: { prow_job_id: string }[] }[] };
  assert.deepEqual(
    chains.map(({ runs }) => runs[0]?.prow_job_id),
    ['new', 'stored-run'],
  );
  await service.close();
});

test('a stop while the store loads breaks off the start, and frees the directory', async (t) => {
  const stop = new AbortController();
  const { starting, goOn, directory } = await startLoading(t, stop.signal);
  stop.abort();
  goOn();
  await assert.rejects(starting, StartStopped);
  const store = await openEmbeddedStore({ directory, clock, log: createLogger('silent') });
  assert.equal((await store.get(stored.id))?.root, 'stored-run');
  await store.close();
});
