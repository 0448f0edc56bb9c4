import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Secret } from '../../../../src/secret.ts';
import { pressPayload } from '../../../prow/slack/slack-payloads.ts';
import { chain, dana, holdSecrets, startSlackWorld } from '../slack-app-world.ts';
import { SocketServer } from './socket-server.ts';

/** Waits for what comes over the network; a test that waits in vain ends at the runner's time limit. */
async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await sleep(5);
}

function countTimers(): number {
  return process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
}

async function startLine(t: TestContext, token = 'xapp-good-token') {
  const rejections: unknown[] = [];
  const onRejection = (error: unknown): number => rejections.push(error);
  process.on('unhandledRejection', onRejection);
  t.after(() => {
    process.off('unhandledRejection', onRejection);
    assert.deepEqual(rejections, []);
  });
  const server = await new SocketServer().listen(t);
  const world = await startSlackWorld(t, { inbound: { kind: 'socket', appToken: new Secret(token) } });
  world.api.socketUrl = server.url;
  const said = (): unknown[] => world.readLines().map(({ level, msg }) => `${String(level)}: ${String(msg)}`);
  return { ...world, world, server, said };
}

function pressOf({ api, post }: Awaited<ReturnType<typeof startSlackWorld>>, action: string) {
  return { type: 'interactive', envelope_id: action, payload: pressPayload(api, post(), action, dana) };
}

test('acknowledges what comes over the line, and does it', async (t) => {
  const { app, server, world, done, said } = await startLine(t);
  app.start();
  await until(() => said().length > 0);
  server.send(pressOf(world, 'retry'));
  assert.match(await world.told(dana), /^Done\./);
  assert.deepEqual(server.received, [{ envelope_id: 'retry', payload: {} }]);
  assert.deepEqual(done, [`retry ${chain.id} by u0dana (U0DANA)`]);
  await app.stop();
  assert.deepEqual(said(), ['info: slack connected']);
  assert.equal((await world.people.command('help')).status, 404, 'there is no door then');
  holdSecrets(world);
});

test('outlives whatever else comes over it', async (t) => {
  const { app, server, world, said } = await startLine(t);
  app.start();
  await until(() => said().length > 0);
  for (const text of ['null', '7', '"a"', '{', '{}', '[]', '{"type":"events_api"}', '{"type":"error"}'])
    server.sendText(text);
  const odd = { type: 'interactive', envelope_id: 'odd', payload: { type: 'something_new' } };
  server.send(odd);
  server.send(pressOf(world, 'cancel'));
  assert.match(await world.told(dana), /^Done\./);
  const acked = server.received.map(({ envelope_id: id }) => id).filter((id) => id !== undefined);
  assert.deepEqual(acked, ['odd', 'cancel']);
  await app.stop();
  holdSecrets(world);
});

test('says once a try that Slack refuses the token, and tries again after longer and longer', async (t) => {
  const { app, api, world, clock, said, server } = await startLine(t, 'xapp-revoked');
  app.start();
  const starts: number[] = [];
  for (let nth = 1; nth <= 4; nth += 1) {
    await until(() => said().length === nth && clock.nextDue() !== null);
    starts.push(clock.now());
    clock.advanceTo(clock.nextDue()!);
  }
  assert.deepEqual(
    starts.map((at, index) => at - (starts[index - 1] ?? at)),
    [0, 1_000, 2_000, 4_000],
  );
  await until(() => said().length === 5);
  assert.deepEqual(new Set(said()), new Set(['error: slack refuses the app token']));
  assert.equal(world.readLines()[0]?.['why'], 'invalid_auth');
  api.tokens.allow('xapp-revoked');
  await until(() => clock.nextDue() !== null);
  clock.advanceTo(clock.nextDue()!);
  await until(() => said().length === 6);
  assert.equal(said().at(-1), 'info: slack connected');
  assert.equal(server.connections, 1);
  await app.stop();
  for (const line of world.lines) assert.doesNotMatch(line, /xapp-revoked|good-ticket/);
});

test('goes on where Slack can not be reached, does not greet or hangs up', async (t) => {
  const { app, api, server, clock, said, world } = await startLine(t);
  /** The line that is said next, after which the wait that it tells of passes. */
  const next = async (nth: number, line: string): Promise<void> => {
    await until(() => said().length === nth);
    assert.equal(said().at(-1), line);
    const due = clock.now() + Number(world.readLines().at(-1)?.['retry_in_ms']);
    await until(() => clock.nextDue() === due);
    clock.advanceTo(due);
  };
  const { url } = server;
  api.fail({ method: 'apps.connections.open', status: 'drop-before' });
  api.socketUrl = 'ws://127.0.0.1:1/';
  app.start();
  await next(1, 'warn: slack is not connected');
  await until(() => said().length === 2);
  api.socketUrl = url;
  server.greets = false;
  await next(2, 'warn: slack is not connected');
  await until(() => server.connections === 1);
  clock.advance(30_000);
  await until(() => said().length === 3);
  server.greets = true;
  await next(3, 'warn: slack is not connected');
  await until(() => said().length === 4);
  assert.equal(said().at(-1), 'info: slack connected');
  clock.advance(60_000);
  server.cut();
  await next(5, 'info: slack disconnected');
  await until(() => said().length === 6);
  server.send({ type: 'disconnect', reason: 'refresh_requested' });
  await next(7, 'info: slack disconnected');
  await until(() => said().length === 8);
  const waits = world.readLines().map((line) => line['retry_in_ms']);
  assert.deepEqual(waits, [1_000, 2_000, 4_000, undefined, 1_000, undefined, 2_000, undefined]);
  await app.stop();
  await until(() => server.sockets.size === 0);
  for (const line of world.lines) assert.doesNotMatch(line, /good-ticket/);
});

test('a stop ends everything, whatever the line is doing', async (t) => {
  const before = countTimers();
  const stops = {
    'before it begins': async () => {},
    'while Slack is asked': async ({ api }) => until(() => api.calls.length > 0),
    'while it waits for the greeting': async ({ server }) => until(() => server.connections > 0),
    'while it waits for the next try': async ({ server, said, clock }) => {
      await until(() => server.connections > 0);
      server.cut();
      await until(() => said().length > 0 && clock.nextDue() !== null);
    },
  } satisfies Record<string, (line: Awaited<ReturnType<typeof startLine>>) => Promise<void>>;
  for (const [when, reach] of Object.entries(stops)) {
    const line = await startLine(t);
    line.server.greets = false;
    line.app.start();
    await reach(line);
    await line.app.stop();
    await until(() => line.server.sockets.size === 0);
    // Without a timer of either clock nothing can connect again.
    await until(() => line.clock.nextDue() === null);
    await until(() => countTimers() <= before);
    assert.equal(line.server.sockets.size, 0, when);
  }
});

test('a stop does not wait long for a goodbye', async (t) => {
  const before = countTimers();
  const { app, server, clock, said } = await startLine(t);
  server.isPolite = false;
  app.start();
  await until(() => said().length > 0);
  const stopping = app.stop();
  await until(() => clock.nextDue() !== null);
  clock.advance(1_000);
  await stopping;
  await until(() => server.sockets.size === 0);
  await until(() => countTimers() <= before);
});
