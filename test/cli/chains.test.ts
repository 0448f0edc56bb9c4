import assert from 'node:assert/strict';
import { suite, test, type TestContext } from 'node:test';
import type { ChainView } from '../../src/report/chain/view-chain.ts';
import { World } from '../end-to-end/start-world.ts';
import { runCommand } from './run-command.ts';

const setup = 'periodic-ci-acme-shop-main-e2e-aws';
const tests = 'periodic-ci-acme-shop-main-e2e-gcp';

/** A service that knows two failures: one is to be tried again, the other is left alone. */
async function startWorld(
  t: TestContext,
): Promise<{ world: World; scheduled: ChainView; skipped: ChainView }> {
  const world = await World.start(t);
  world.prow.defineJob({ name: setup, type: 'periodic', plan: [{ outcome: 'fail-pre' }] });
  world.prow.startRun(setup);
  const scheduled = await world.untilState('scheduled');
  world.prow.defineJob({ name: tests, type: 'periodic', plan: [{ outcome: 'fail-test' }] });
  const old = world.prow.recordPast(tests, { outcome: 'fail-test' }, world.clock.now() - 7_200_000);
  const { buildId, prowJobId } = old;
  const token = world.prow.token;
  await world.notify({ job_name: tests, build_id: buildId, prow_job_id: prowJobId, trigger_token: token });
  return { world, scheduled, skipped: await world.untilState('skipped') };
}

suite('chains', () => {
  test('lists them for people, newest first, and by job, state and page', async (t) => {
    const { world, scheduled, skipped } = await startWorld(t);
    const server = ['--server', `${world.service.url}/`];
    const dueAt = scheduled.next_attempt_at?.slice(0, 16).replace('T', ' ');
    const header = /^ID +CREATED \(UTC\) +STATE +ATTEMPT +NEXT ATTEMPT \(UTC\) +REASON +JOB$/;
    const questions: [args: string[], lines: RegExp[]][] = [
      [
        ['chains'],
        [
          header,
          RegExp(`^${skipped.id} .+ skipped +0 +- +no-rule-matched +${tests}$`),
          RegExp(`^${scheduled.id} .+ ${setup}$`),
        ],
      ],
      [
        ['chains', 'list', '--job', '*-aws'],
        [header, RegExp(`^${scheduled.id} .+ scheduled +0 +${dueAt} +matched +${setup}$`)],
      ],
      [
        ['chains', '--state', 'skipped,passed'],
        [header, RegExp(`^${skipped.id} `)],
      ],
      [
        ['chains', '--limit', '1'],
        [header, RegExp(`^${skipped.id} `), /^More: --after \S+$/],
      ],
      [['chains', '--job', 'nobody-*'], [/^No chains\.$/]],
    ];
    const answers = await Promise.all(questions.map(([args]) => runCommand([...args, ...server])));
    for (const [index, { code, stdout, stderr }] of answers.entries()) {
      assert.deepEqual([code, stderr], [0, '']);
      const lines = stdout.trimEnd().split('\n');
      const expected = questions[index]![1];
      assert.equal(lines.length, expected.length, stdout);
      for (const [place, line] of expected.entries()) assert.match(lines[place]!, line);
    }
  });

  test('shows one with its runs and its account, and finds the service by its settings', async (t) => {
    const { world, scheduled } = await startWorld(t);
    const env = { RETRIGGER_LISTEN_PORT: new URL(world.service.url).port };
    const [shown, json, list] = await Promise.all([
      runCommand(['chains', 'show', scheduled.id], env),
      runCommand(['chains', 'show', scheduled.id, '--json'], env),
      runCommand(['chains', '--json', '--job', setup], env),
    ]);
    assert.deepEqual([shown.code, shown.stderr], [0, '']);
    for (const line of [
      RegExp(`^${setup} is scheduled$`, 'm'),
      RegExp(`^created ${scheduled.created_at}$`, 'm'),
      RegExp(`^next attempt at ${scheduled.next_attempt_at}$`, 'm'),
      /^attempt 0: FAILURE, in pre \(ipi-install-install\), build \d+, /m,
      /^ {2}https:\/\/prow\.ci\.openshift\.org\/view\/gs\//m,
      /^retry: matched$/m,
      /^ {2}Attempt 1 of 1 is made after 30m\.$/m,
    ]) {
      assert.match(shown.stdout, line);
    }
    assert.deepEqual(JSON.parse(json.stdout), scheduled);
    assert.deepEqual(JSON.parse(list.stdout), { chains: [scheduled], next: null });
    assert.doesNotMatch(shown.stdout + json.stdout + list.stdout, RegExp(world.prow.token));
  });

  test('speaks of what was, once a chain has ended, and of what nobody saw yet', async (t) => {
    const world = await World.start(t, { env: { RETRIGGER_API_TOKEN: 'api' } });
    const server = ['--server', world.service.url];
    const show = async (id: string) => (await runCommand(['chains', 'show', id, ...server])).stdout;
    world.prow.defineJob({
      name: setup,
      type: 'periodic',
      plan: [{ outcome: 'fail-pre' }, { outcome: 'pass' }],
    });
    world.prow.startRun(setup);
    const followed = await world.untilState('following');
    assert.match(await show(followed.id), /^attempt 1: not seen yet, build not known yet, /m);
    const passed = await world.untilState('passed');
    const told = await show(passed.id);
    assert.match(told, RegExp(`^closed ${passed.closed_at}$`, 'm'));
    assert.match(told, /^last decision, retry: matched$/m);
    assert.match(told, /^ {2}Attempt 1 of 1 was due after 30m\.$/m);

    world.prow.defineJob({
      name: tests,
      type: 'periodic',
      plan: [{ outcome: 'fail-pre' }, { outcome: 'pass' }],
    });
    world.prow.startRun(tests);
    const other = await world.untilState('following');
    const headers = { authorization: 'Bearer api' };
    await fetch(`${world.service.url}/api/v1/chains/${other.id}/cancel`, { method: 'POST', headers });
    assert.match(await show(other.id), /^attempt 1: not followed any more, /m);
  });

  test('says what is wrong where there is no chain, no service, or a parameter is not right', async (t) => {
    const { url } = (await World.start(t)).service;
    const troubles: [args: string[], code: number, says: RegExp][] = [
      [['chains', 'show', 'nothing', '--server', url], 1, /There is no chain nothing at http/],
      [
        ['chains', '--server', 'http://127.0.0.1:1'],
        1,
        /No service answers at http:.+ECONNREFUSED.+npm start/,
      ],
      [['chains', 'show', 'x', '--server', 'http://127.0.0.1:1'], 1, /No service answers/],
      [
        ['chains', '--server', `${url}/elsewhere`],
        1,
        /not that of a retrigger service: is the address right/,
      ],
      [['chains', '--server', url, '--limit', 'many'], 2, /answered 400: .+ limit must be/],
      [['chains', '--server', url, '--state', 'lost'], 2, /answered 400: .+ state must be/],
      [['chains', '--server', url, '--after', 'x'], 2, /answered 400: .+ after must be/],
    ];
    const ends = await Promise.all(troubles.map(([args]) => runCommand(args)));
    for (const [index, { code, stdout, stderr }] of ends.entries()) {
      const [args, expected, says] = troubles[index]!;
      assert.deepEqual([code, stdout], [expected, ''], args.join(' '));
      assert.match(stderr, says);
    }
  });
});
