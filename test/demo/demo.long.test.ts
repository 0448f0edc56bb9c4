import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite, test, type TestContext } from 'node:test';
import { type Child, startChild } from '../child/start-child.ts';
import { script } from './script.ts';

/** The demo without a terminal, with a folder of its own for what is temporary. */
async function startDemo(
  t: TestContext,
  env: Record<string, string> = {},
): Promise<Child & { folder: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'demo-test-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return { ...startChild(t, 'test/demo/demo.ts', [], { TMPDIR: folder, ...env }), folder };
}

suite('npm run demo', { concurrency: true }, () => {
  test('tells each outcome in plain text without a secret', async (t) => {
    const demo = await startDemo(t);
    const { code, stdout, stderr } = await demo.ended;
    assert.deepEqual([code, stderr], [0, ''], stdout);
    for (const { job } of script) assert.ok(stdout.includes(job.name));
    assert.match(stdout, /^opp-aws .* passed: it was a flake$/m);
    assert.match(stdout, /^quay-aws .* failed again: exhausted$/m);
    assert.match(stdout, /^mta-aws .* 0 +left alone: skipped$/m);
    assert.match(stdout, /^oadp-aws .* passed: it was a flake$/m);
    assert.match(stdout, /Known failure: InfraFailure \(the network of a build cluster was down\)/);
    assert.match(stdout, /answered 202/);
    assert.match(stdout, /┃ .*passed on attempt 1/);
    assert.match(stdout, /npm start/);
    assert.doesNotMatch(stdout, /sha256~|\/services\/T/, 'a token or a Slack address is told');
    assert.doesNotMatch(stdout, /[^\P{Cc}\n]/u, 'there are control characters');
    assert.deepEqual(await readdir(demo.folder), []);
  });

  test('ends at SIGINT with 130, says nothing more and leaves nothing behind', async (t) => {
    const demo = await startDemo(t);
    await demo.says(/starts the nightly run/);
    demo.process.kill('SIGINT');
    const { code, stderr } = await demo.ended;
    assert.deepEqual([code, stderr], [130, '']);
    assert.deepEqual(await readdir(demo.folder), []);
  });

  test('a reader who has seen enough ends it quietly', async (t) => {
    const demo = await startDemo(t);
    await demo.says(/starts the nightly run/);
    demo.process.stdout?.destroy();
    const { code, stderr } = await demo.ended;
    assert.deepEqual([code, stderr], [141, '']);
    assert.deepEqual(await readdir(demo.folder), []);
  });

  test('a wrong LOG_LEVEL is said in a line', async (t) => {
    const demo = await startDemo(t, { LOG_LEVEL: 'loud' });
    const { code, stderr } = await demo.ended;
    assert.equal(code, 2);
    assert.match(stderr, /^LOG_LEVEL is "loud": .+\n$/);
  });
});
