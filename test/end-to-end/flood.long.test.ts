import assert from 'node:assert/strict';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { SystemClock } from '../../src/adapters/system/system-clock.ts';
import type { ChainView } from '../../src/report/chain/view-chain.ts';
import { type Prow, startProw } from '../prow/start-prow.ts';
import { sendFlood } from './flood.ts';
import { SmallService } from './small-service.ts';
import { fast, makeFolder, notifyOnce, settingsFor } from './process-setup.ts';

const jobName = 'periodic-ci-org-repo-main-e2e-flooded';
const rules = 'rules: [{ name: pre, match: { phase: pre }, retry: { attempts: 1, delay: 1s } }]';
const half = 1_500;
/** As the guide says: chains that nothing proves, in all and of one job. */
const most = { inAll: 2_000, ofOneJob: 50 };
/** A line of the journal has about a kibibyte, and it may be twice as long as the lines that are of use. */
const maxJournalBytes = 2 * most.inAll * 2_048;

test(
  'a flood of made-up failures costs little, and a true failure that comes in its middle is retried',
  { timeout: 600_000 },
  async (t) => {
    const folder = await makeFolder(t, rules);
    const prow = await startProw({ clock: new SystemClock(), durations: { ...fast, post: 500 } });
    t.after(() => prow.close());
    prow.defineJob({ name: jobName, type: 'periodic', plan: [{ outcome: 'fail-pre' }, { outcome: 'pass' }] });
    const env = { ...settingsFor(prow, folder), RETRIGGER_TRUST_PROXY: '1', RETRIGGER_POLL_INTERVAL: '1s' };
    const service = new SmallService({ env });
    t.after(() => service.end('SIGKILL'));
    const url = await service.url;
    const taken = await notifyFromStep(prow, url);
    const flood = { url, jobName, count: half, connections: 16 };

    const before = await sendFlood({ ...flood, first: 0 });
    const run = prow.startRun(jobName);
    const during = await sendFlood({ ...flood, first: half });
    assert.deepEqual([...before], [[202, half]]);
    assert.deepEqual([...during], [[202, half]]);
    assert.ok(service.isAlive, service.stderr);

    const id = await taken(run.prowJobId);
    const passed = await untilClosed(url, id);
    assert.deepEqual([passed.state, passed.runs.length], ['passed', 2]);
    assert.equal(prow.runs.length, 2, 'nothing that was made up has a run');
    await checkCosts(url, folder);

    await service.end();
    const next = new SmallService({ env });
    t.after(() => next.end('SIGKILL'));
    const after = await next.url;
    assert.equal((await fetch(`${after}/readyz`)).status, 200);
    assert.deepEqual(await viewChain(after, id), passed);
    await checkCosts(after, folder);
  },
);

/** Gives the id of the chain of a run whose step was answered. */
async function notifyFromStep(prow: Prow, url: string): Promise<(prowJobId: string) => Promise<string>> {
  const ids = new Map<string, PromiseWithResolvers<string>>();
  const of = (prowJobId: string): PromiseWithResolvers<string> => {
    const known = ids.get(prowJobId) ?? Promise.withResolvers<string>();
    ids.set(prowJobId, known);
    return known;
  };
  prow.onReTriggerStep = async (run) => {
    const answer = await notifyOnce(url, prow, run);
    assert.equal(answer.status, 202);
    of(run.prowJobId).resolve(((await answer.json()) as { id: string }).id);
  };
  return (prowJobId) => of(prowJobId).promise;
}

async function viewChain(url: string, id: string): Promise<ChainView> {
  const answer = await fetch(`${url}/api/v1/chains/${id}`);
  assert.equal(answer.status, 200);
  return (await answer.json()) as ChainView;
}

/** The limit of the runner ends this if the chain never closes. */
async function untilClosed(url: string, id: string): Promise<ChainView> {
  for (;;) {
    const chain = await viewChain(url, id);
    if (chain.closed_at !== null) return chain;
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

async function checkCosts(url: string, folder: string): Promise<void> {
  const chains = await listAll(url);
  assert.ok(chains.length <= most.inAll + 1, `${chains.length} chains`);
  const ofJob = chains.filter((chain) => chain.job_name === jobName);
  assert.ok(ofJob.length <= most.ofOneJob + 1, `${ofJob.length} chains of the job`);
  const documents = await readdir(join(folder, 'data/jobs'));
  assert.equal(documents.length, 1, 'only what is proven has a document');
  const { size } = await stat(join(folder, 'data/journal.jsonl'));
  assert.ok(size <= maxJournalBytes, `${size} bytes of journal`);
}

async function listAll(url: string): Promise<ChainView[]> {
  const chains: ChainView[] = [];
  for (let after = ''; ;) {
    const answer = await fetch(`${url}/api/v1/chains?limit=1000${after}`);
    const page = (await answer.json()) as { chains: ChainView[]; next: string | null };
    chains.push(...page.chains);
    if (page.next === null) return chains;
    after = `&after=${encodeURIComponent(page.next)}`;
  }
}
