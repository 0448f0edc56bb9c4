import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Agent, createServer, request } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { test, type TestContext } from 'node:test';
import { openEmbeddedStore } from '../../src/adapters/lowdb/open-store.ts';
import { SystemClock } from '../../src/adapters/system/system-clock.ts';
import { createLogger } from '../../src/logging.ts';
import { startChild } from '../child/start-child.ts';
import { makeFolder } from './process-setup.ts';

const most = 128;

/** A bucket that takes every connection, and answers on none. */
async function startDeafBucket(t: TestContext) {
  const server = createServer(() => {}).listen(0, '127.0.0.1');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** A caller whose connection stays open. */
class Caller {
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 });
  readonly #url: string;

  constructor(t: TestContext, url: string) {
    this.#url = url;
    t.after(() => this.#agent.destroy());
  }

  async ask(method: string, path: string, body = ''): Promise<number> {
    const headers = { 'content-type': 'application/json' };
    const asking = request(`${this.#url}${path}`, { method, headers, agent: this.#agent });
    asking.end(body);
    const [response] = await once(asking, 'response');
    await text(response);
    return response.statusCode;
  }
}

/** Opens connections, asks nothing on them, and opens new ones for those that are closed. */
function flood(t: TestContext, url: string, connections: number): void {
  const open = new Set<Socket>();
  const add = (): void => {
    const socket = connect(Number(new URL(url).port), '127.0.0.1').on('error', () => {});
    open.add(socket.resume().once('close', () => void open.delete(socket)));
  };
  const adding = setInterval(() => {
    for (let n = 0; n < 10 && open.size < connections; n += 1) add();
  }, 10);
  t.after(() => {
    clearInterval(adding);
    for (const socket of open) socket.destroy();
  });
}

test(
  `with ${most} descriptors, floods in and out take none from the store`,
  { timeout: 180_000 },
  async (t) => {
    const folder = await makeFolder(t, 'rules: []\n');
    const script = `ulimit -n ${most}; exec "$0" "$@"`;
    const child = startChild(
      t,
      'src/main.ts',
      ['serve'],
      {
        RETRIGGER_LISTEN_PORT: '0',
        RETRIGGER_DATA_DIR: join(folder, 'data'),
        RETRIGGER_RULES_DIR: folder,
        RETRIGGER_GANGWAY_URL: 'http://127.0.0.1:1',
        RETRIGGER_GCS_URL: await startDeafBucket(t),
      },
      { through: ['bash', '-c', script] },
    );
    const [, url = ''] = await child.says(/"url":"([^"]+)".+"serving"/);
    const caller = new Caller(t, url);
    assert.equal(await caller.ask('GET', '/readyz'), 200);
    flood(t, url, 300);
    const statuses = new Set<number>();
    for (let n = 0; n < 200; n += 1) {
      const notification = {
        job_name: `job-${n}`,
        build_id: '1',
        prow_job_id: `run-${n}`,
        trigger_token: 't',
      };
      statuses.add(await caller.ask('POST', '/openshift-ci-re-trigger', JSON.stringify(notification)));
    }
    assert.deepEqual([...statuses], [202]);
    assert.equal(await caller.ask('GET', '/readyz'), 200);
    child.process.kill('SIGTERM');
    const { code, stdout, stderr } = await child.ended;
    assert.deepEqual([code, stderr], [0, '']);
    assert.doesNotMatch(stdout, /EMFILE/);
    const store = await openEmbeddedStore({
      directory: join(folder, 'data'),
      clock: new SystemClock(),
      log: createLogger('silent'),
    });
    const { chains } = await store.page({ limit: 1_000 });
    await store.close();
    assert.equal(chains.length, 200);
  },
);
