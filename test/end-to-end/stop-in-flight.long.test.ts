import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openEmbeddedStore } from '../../src/adapters/lowdb/open-store.ts';
import { SystemClock } from '../../src/adapters/system/system-clock.ts';
import { createLogger } from '../../src/logging.ts';
import { startChild } from '../child/start-child.ts';
import { startProw } from '../prow/start-prow.ts';
import { fast, makeFolder, notifyOnce, settingsFor, toldAs } from './process-setup.ts';

const clock = new SystemClock();
const rules = 'rules:\n  - { name: all, match: { job: "*" }, retry: { attempts: 1, delay: 0s } }\n';
test('SIGTERM with 200 failures in flight: all that was answered 2xx is kept, and the next process ends it', async (t) => {
  const folder = await makeFolder(t, rules);
  const prow = await startProw({ clock, durations: fast });
  t.after(() => prow.close());
  const env = { ...settingsFor(prow, folder), RETRIGGER_POLL_INTERVAL: '200ms' };
  const first = startChild(t, 'src/main.ts', ['serve'], env);
  let url = first.says(/"url":"([^"]+)".+"serving"/).then(([, found = '']) => found);
  await url;
  const next = Promise.withResolvers<string>();
  const taken = new Set<string>();
  const many = Promise.withResolvers<void>();
  prow.onReTriggerStep = async (run) => {
    for (;;) {
      const from = url;
      const answer = await notifyOnce(await from, prow, run).catch(() => null);
      if (answer?.ok === true) break;
      // Nobody is turned away but by a door that is closed.
      assert.equal(answer, null);
      if (from === url) url = next.promise;
    }
    taken.add(run.prowJobId);
    if (taken.size === 100) many.resolve();
  };
  const names = Array.from({ length: 200 }, (_, n) => `periodic-ci-a-${n}`);
  for (const name of names) {
    prow.defineJob({ name, type: 'periodic', plan: [{ outcome: 'fail-pre' }, { outcome: 'pass' }] });
    prow.startRun(name);
  }
  await many.promise;
  first.process.kill('SIGTERM');
  const { code, stderr } = await first.ended;
  assert.deepEqual([code, stderr], [0, '']);
  const answered = [...taken];
  const store = await openEmbeddedStore({
    directory: env.RETRIGGER_DATA_DIR,
    clock,
    log: createLogger('silent'),
  });
  const { chains } = await store.page({ limit: 1_000 });
  await store.close();
  const kept = new Set(chains.map(({ root }) => root));
  assert.deepEqual(
    answered.filter((id) => !kept.has(id)),
    [],
  );

  const second = startChild(t, 'src/main.ts', ['serve'], env);
  next.resolve((await second.says(/"url":"([^"]+)".+"serving"/))[1] ?? '');
  await prow.slack.whenMessage(() => toldAs(prow, 'passed').size === names.length);
  assert.deepEqual(
    names.filter((name) => prow.runs.filter(({ jobName }) => jobName === name).length !== 2),
    [],
  );
});
