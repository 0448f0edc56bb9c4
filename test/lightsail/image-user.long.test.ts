import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { chmod, chown, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { suite, test, type TestContext } from 'node:test';
import { type Child, startChild } from '../child/start-child.ts';

const dockerfile = new URL('../../Dockerfile', import.meta.url);

/** Only root may start a process as another user, who must be able to read the repository. */
const skip = whySkip();

function whySkip(): string | false {
  if (process.getuid?.() !== 0) return 'only root may start the service as another user';
  for (let folder = join(import.meta.dirname, '../..'); folder !== '/'; folder = dirname(folder)) {
    if ((statSync(folder).mode & 0o005) !== 0o005) return `other users cannot read ${folder}`;
  }
  return false;
}

/** `/data` as the step of the Dockerfile makes it, in a folder of its own. */
async function makeData(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'retrigger-image-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  await chmod(folder, 0o755);
  const [, step = ''] = /^RUN (install .+ \/data)$/m.exec(readFileSync(dockerfile, 'utf8')) ?? [];
  const [command = '', ...words] = step.replace('/data', join(folder, 'data')).split(' ');
  execFileSync(command, words);
  return join(folder, 'data');
}

interface Served {
  child: Child;
  url: string;
}

function startAs(t: TestContext, uid: number, data: string): Child {
  const env = { RETRIGGER_DATA_DIR: data, RETRIGGER_LISTEN_PORT: '0' };
  return startChild(t, 'src/main.ts', ['serve'], env, { uid, gid: 0 });
}

async function serveAs(t: TestContext, uid: number, data: string): Promise<Served> {
  const child = startAs(t, uid, data);
  const [, url = ''] = await child.says(/"url":"([^"]+)".+"serving"/);
  return { child, url };
}

async function notify(url: string, id: string): Promise<number> {
  const { status } = await fetch(`${url}/openshift-ci-re-trigger`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ job_name: 'periodic-ci-a', build_id: '12', prow_job_id: id, trigger_token: 't' }),
  });
  return status;
}

async function readIds(url: string): Promise<string[]> {
  const response = await fetch(`${url}/api/v1/chains`);
  const { chains } = (await response.json()) as { chains: { runs: { prow_job_id: string }[] }[] };
  return chains.flatMap(({ runs }) => runs.map(({ prow_job_id: id }) => id)).toSorted();
}

async function stop({ child }: Served): Promise<void> {
  child.process.kill('SIGTERM');
  assert.equal((await child.ended).code, 0);
}

async function listAll(data: string): Promise<string[]> {
  return (await readdir(data, { recursive: true })).map((name) => join(data, name));
}

suite('the image runs as any user of group 0', { skip, concurrency: 2 }, () => {
  test('a random user starts, writes and starts again on what it wrote', async (t) => {
    const data = await makeData(t);
    const first = await serveAs(t, 1_000_670_000, data);
    assert.equal(await notify(first.url, 'a'), 202);
    assert.equal((await fetch(`${first.url}/readyz`)).status, 200);
    await stop(first);
    const again = await serveAs(t, 1_000_670_000, data);
    assert.deepEqual(await readIds(again.url), ['a']);
    await stop(again);
    for (const path of await listAll(data)) {
      const { mode, gid } = await stat(path);
      const expected = path.endsWith('secret.key') ? 0o600 : mode & 0o040000 ? 0o770 : 0o660;
      assert.deepEqual([(mode & 0o777).toString(8), gid], [expected.toString(8), 0], path);
    }
  });

  test('another user of the group goes on with a volume whose key it may read, and is warned of the key', async (t) => {
    const data = await makeData(t);
    const first = await serveAs(t, 1_000, data);
    assert.equal(await notify(first.url, 'a'), 202);
    await stop(first);
    // As Kubernetes does for fsGroup.
    await chmod(join(data, 'secret.key'), 0o660);
    const other = await serveAs(t, 1_234, data);
    assert.deepEqual(await readIds(other.url), ['a']);
    assert.equal(await notify(other.url, 'b'), 202);
    assert.equal((await fetch(`${other.url}/readyz`)).status, 200);
    await stop(other);
    const { stdout } = await other.child.ended;
    const key = join(data, 'secret.key');
    const says = `${key} belongs to uid 1000, gid 0 (mode 0660); this process runs as uid 1234, gid 0; only its owner`;
    assert.ok(stdout.includes('"secret key file not private"') && stdout.includes(says), stdout);
    const back = await serveAs(t, 1_000, data);
    assert.deepEqual(await readIds(back.url), ['a', 'b']);
    await stop(back);
    assert.equal((await stat(key)).mode & 0o777, 0o600);
    assert.ok(!(await back.child.ended).stdout.includes('not private'));
  });

  for (const [what, name] of [
    ['the key', 'secret.key'],
    ['the lock', 'lock.sqlite'],
    ['the journal', 'journal.jsonl'],
    ['a folder', 'jobs'],
  ] as const) {
    test(`${what} of another user that keeps us out is named, with its owner, us and what to do`, async (t) => {
      const data = await makeData(t);
      await stop(await serveAs(t, 1_000, data));
      const path = join(data, name);
      await chmod(path, name === 'jobs' ? 0o700 : 0o600);
      const { code, stderr } = await startAs(t, 1_234, data).ended;
      assert.equal(code, 1);
      const mode = name === 'jobs' ? '0700' : '0600';
      assert.ok(
        stderr.includes(
          `${path} belongs to uid 1000, gid 0 (mode ${mode}); this process runs as uid 1234, gid 0 and may not use it: ` +
            `run the service as uid 1000, or chown -R 1234 ${data}, or chmod -R g+rwX ${data}.`,
        ),
        stderr,
      );
      assert.doesNotMatch(stderr, /\n +at /);
    });
  }

  test('a data directory that is not there and cannot be made names the folder above it', async (t) => {
    const data = await makeData(t);
    await chown(data, 0, 1);
    await chmod(data, 0o755);
    const { code, stderr } = await startAs(t, 1_234, join(data, 'a', 'b')).ended;
    assert.equal(code, 1);
    assert.match(
      stderr,
      /data belongs to uid 0, gid 1 \(mode 0755\); .+ chown 1234 .+data, or create the missing folder in it/,
    );
  });

  test('our own file that is closed to us needs a chmod alone', async (t) => {
    const data = await makeData(t);
    const path = join(data, 'secret.key');
    await writeFile(path, 'x'.repeat(40));
    await chown(path, 1_234, 0);
    await chmod(path, 0o000);
    const { stderr } = await startAs(t, 1_234, data).ended;
    assert.ok(stderr.includes(`may not use it: chmod -R u+rwX ${path}.`), stderr);
  });
});
