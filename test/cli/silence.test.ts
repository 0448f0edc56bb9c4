import assert from 'node:assert/strict';
import { suite, test, type TestContext } from 'node:test';
import type { SilenceView } from '../../src/rules/decide/silence.ts';
import type { Ended } from '../child/start-child.ts';
import { World } from '../end-to-end/start-world.ts';
import { hour } from '../prow/prow-for-test.ts';
import { runCommand } from './run-command.ts';

const token = 'the-api-token';
const comment = 'us-east-1 is out of quota';

/** A service that takes changes, and a person who works with it. */
async function startWorld(t: TestContext) {
  const world = await World.start(t, { env: { RETRIGGER_API_TOKEN: token } });
  const settings = {
    RETRIGGER_LISTEN_PORT: new URL(world.service.url).port,
    RETRIGGER_API_TOKEN: token,
    USER: 'ada',
  };
  const silence = (args: readonly string[], env: Record<string, string> = {}): Promise<Ended> =>
    runCommand(['silence', ...args], { ...settings, ...env });
  return { world, silence };
}

function inHours(world: World, hours: number): string {
  return new Date(world.clock.now() + hours * hour).toISOString();
}

suite('silence', { concurrency: 2 }, () => {
  test('adds, lists and ends silences of the running service', async (t) => {
    const { world, silence } = await startWorld(t);
    const empty = await silence(['list']);
    assert.deepEqual([empty.code, empty.stdout], [0, 'No silences.\n']);

    const added = await silence(['add', '*-aws*', '--for', '24h', '--comment', comment]);
    assert.deepEqual([added.code, added.stderr], [0, '']);
    const [, id = ''] = /silence expire (\S+)\n$/.exec(added.stdout) ?? [];
    const until = inHours(world, 24);
    assert.ok(added.stdout.startsWith(`Failures of *-aws* are recorded and not tried again until ${until}.`));

    const other = ['add', 'j', '--until', inHours(world, 2), '--comment', 'x', '--author', 'bob', '--json'];
    const json = await silence(other);
    assert.equal(json.code, 0, json.stderr);
    const view = JSON.parse(json.stdout) as SilenceView;
    const expected = { id: view.id, job: 'j', until: inHours(world, 2), author: 'bob', comment: 'x' };
    assert.deepEqual(view, expected);

    const [list, listJson] = await Promise.all([silence([]), silence(['list', '--json'])]);
    const lines = list.stdout.trimEnd().split('\n');
    assert.equal(lines.length, 3);
    assert.match(lines[0] ?? '', /^ID +UNTIL +JOB +AUTHOR +COMMENT$/);
    assert.match(lines[1] ?? '', new RegExp(`^${view.id}  .{24}  j       bob     x$`));
    assert.equal(lines[2], `${id}  ${until}  *-aws*  ada     ${comment}`);
    const mine = { id, job: '*-aws*', until, author: 'ada', comment };
    assert.deepEqual(JSON.parse(listJson.stdout), { silences: [view, mine] });

    const ended = await silence(['expire', id]);
    assert.deepEqual([ended.code, ended.stdout], [0, `Silence ${id} is over.\n`]);
    const endedJson = await silence(['expire', view.id, '--json']);
    assert.deepEqual(JSON.parse(endedJson.stdout), { id: view.id });
    assert.equal((await silence(['list'])).stdout, 'No silences.\n');
    assert.doesNotMatch([...world.logs, added.stdout, list.stdout].join('\n'), RegExp(token));
  });

  test('a silence outlives a restart, and is over when its time has come', async (t) => {
    const { world, silence } = await startWorld(t);
    await silence(['add', '*', '--for', '3h', '--comment', comment]);
    await world.restartAfter(2 * hour);
    const server = ['--server', world.service.url];
    assert.match((await silence(['list', ...server])).stdout, RegExp(comment));
    await world.restartAfter(hour);
    assert.equal((await silence(['list', '--server', world.service.url])).stdout, 'No silences.\n');
  });

  test('says what is wrong, changes nothing, and tells a no from a misuse', async (t) => {
    const { world, silence } = await startWorld(t);
    const add = (...args: string[]) => ['add', '*', '--comment', comment, ...args];
    const away = ['--server', 'http://127.0.0.1:1'];
    const troubles: [args: string[], env: Record<string, string>, code: number, says: RegExp][] = [
      [add(), {}, 2, /with one of --for DURATION and --until TIME/],
      [
        add('--for', '1h', '--until', inHours(world, 1)),
        {},
        2,
        /with one of --for DURATION and --until TIME/,
      ],
      [add('--for', 'ever'), {}, 2, /'ever' is invalid. Write a duration such as 24h or 7d/],
      [add('--for', '2y'), {}, 2, /'2y' is invalid. The unit y is unknown: it is ms, s, m, h or d/],
      [
        add(),
        { RETRIGGER_API_TOKEN: '', USER: '' },
        2,
        /^The service wants a token: set RETRIGGER_API_TOKEN/,
      ],
      [['add', 'x{', '--for', '1h', '--comment', 'c'], {}, 2, /answered 400: .+ job is no glob: a brace/],
      [add('--for', '400d'), {}, 2, /answered 400: .+ until must be at most one year ahead/],
      [add('--until', 'tomorrow'), {}, 2, /answered 400: .+ until must be a time such as/],
      [
        ['add', 'a b', '--for', '1h', '--comment', ''],
        {},
        2,
        /answered 400: .+ job must be.+ comment must be/,
      ],
      [['add', '*', '--for', '1h'], {}, 2, /required option '--comment <text>' not specified/],
      [['add', '--for', '1h', '--comment', comment], {}, 2, /missing required argument 'job-glob'/],
      [add('--for', '1h'), { USER: '' }, 2, /with --author NAME: USER is not set/],
      [add('--for', '1h'), { RETRIGGER_API_TOKEN: '' }, 2, /set RETRIGGER_API_TOKEN/],
      [['expire', 'x'], { RETRIGGER_API_TOKEN: '' }, 2, /set RETRIGGER_API_TOKEN/],
      [add('--for', '1h'), { RETRIGGER_API_TOKEN: 'wrong-token' }, 1, /answered 401: .+missing or wrong/],
      [['expire', 'nothing'], {}, 1, /There is no silence nothing at http/],
      [add('--for', '1h', ...away), {}, 1, /No service answers at http:.+ECONNREFUSED/],
      [['list', ...away], {}, 1, /No service answers/],
      [['list', '--server', `${world.service.url}/x`], {}, 1, /not that of a retrigger service/],
      [add('--for', '1h', '--server', `${world.service.url}/x`), {}, 1, /not that of a retrigger service/],
    ];
    const ends = await Promise.all(troubles.map(([args, env]) => silence(args, env)));
    for (const [index, { code, stdout, stderr }] of ends.entries()) {
      const [args, , expected, says] = troubles[index]!;
      assert.deepEqual([code, stdout], [expected, ''], `${args.join(' ')}: ${stderr}`);
      assert.match(stderr, says);
      assert.doesNotMatch(stderr, /-token|\n +at /);
    }
    assert.equal((await silence(['list'])).stdout, 'No silences.\n');
  });

  test('a service without an API token takes no change', async (t) => {
    const world = await World.start(t);
    const env = { RETRIGGER_API_TOKEN: token, USER: 'ada' };
    const args = ['silence', 'add', '*', '--for', '1h', '--comment', 'x', '--server', world.service.url];
    const { code, stderr } = await runCommand(args, env);
    assert.equal(code, 1);
    assert.match(stderr, /answered 403: Changing is off: RETRIGGER_API_TOKEN is not set/);
  });
});
