import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Flow } from '../../../src/flow/flow.ts';
import type { ChannelPublisher } from '../../../src/report/reporter.ts';
import { Secret } from '../../../src/secret.ts';
import { MemoryNoticeStore } from '../../chain/memory-notice-store.ts';
import { FlowWorld, hour, job, minute } from '../flow-world.ts';

const people = 'https://hooks.slack.com/services/OUR/PEOPLE';
const errors = 'https://hooks.slack.com/services/OUR/ERRORS';

type Heard = FlowWorld['heard'][number];

/** A world with the worker of notices; Gangway rejects each token whose name begins with `bad`. */
class RefusingWorld {
  readonly base: FlowWorld;
  readonly notices = new MemoryNoticeStore();
  isSlackDown = false;
  readonly #begun: number;
  /** What our own channel read. */
  readonly #posted: Heard[] = [];
  #runs = 0;

  constructor(settings: Partial<Flow['settings']>, { hasApp = false } = {}) {
    this.base = new FlowWorld({
      settings,
      rules: 'rules: [{name: again, match: {phase: pre}, retry: {attempts: 1, delay: 0s}}]',
      ports: { notices: this.notices, publisher: hasApp ? this.#makeBoard() : null },
    });
    this.base.onDelivery = () =>
      this.isSlackDown
        ? { kind: 'later', why: 'Slack answered 503', retryAfterMs: null }
        : { kind: 'delivered' };
    this.#begun = this.base.clock.now();
  }

  async start(): Promise<this> {
    await this.base.noticeWorker.start();
    return this;
  }

  async restart(): Promise<void> {
    await this.base.restart();
    await this.start();
  }

  /** A true failure of a job of this name, notified of without addresses. */
  async fail(token: string, jobName = job): Promise<void> {
    const { bucket, gangway } = this.base;
    this.#runs += 1;
    const run = { jobName, prowJobId: `run-${this.#runs}`, buildId: this.base.nextBuild() };
    bucket.putRun({ ...run, outcome: 'pre' });
    gangway.others.push(run);
    if (token.startsWith('bad')) gangway.badTokens.add(token);
    await this.base.notify(run, { token: new Secret(token), slackWebhook: null });
  }

  pass(ms: number): Promise<void> {
    return this.base.pass(ms);
  }

  /** The summaries that our own addresses and channel read, oldest first, with the minutes since the beginning. */
  get read(): (Heard & { minute: number })[] {
    const summaries = this.base.heard.filter(({ title }) => title.includes('could not be retried'));
    const all = [...summaries, ...this.#posted].toSorted((a, b) => a.at - b.at);
    return all.map((each) => ({ ...each, minute: (each.at - this.#begun) / minute }));
  }

  get titles(): string[] {
    return this.read.map(({ minute: at, title }) => `${at}m ${title}`);
  }

  #makeBoard(): ChannelPublisher {
    return {
      check: async () => ({ ok: true, says: 'bot' }),
      close: () => {},
      write: async (channel, draft) => {
        const wanted = await draft();
        const at = this.base.clock.now();
        if (wanted?.kind === 'card') this.#posted.push({ ...wanted.card, address: channel, at });
        return { kind: 'written', place: { channel: 'C1', ts: `${this.#posted.length}` } };
      },
    };
  }
}

const ours = { slackWebhook: new Secret(people), slackErrorsWebhook: new Secret(errors) };

test('rejected tokens are summed up after five minutes where the service posts its problems, with what to do', async () => {
  const world = await new RefusingWorld(ours).start();
  for (const n of [1, 2, 2]) {
    await world.fail(`bad ${n}`, `${job}-${n}`);
    await world.pass(1_000);
  }
  await world.pass(hour * 24);
  assert.deepEqual(world.titles, ['5m 3 failures could not be retried: Gangway rejected the tokens']);
  assert.equal(world.read[0]?.address, errors);
  const text = world.read[0].lines.join('\n');
  assert.match(text, new RegExp(`^Jobs: ${job}-1, ${job}-2\\.$`, 'm'));
  assert.match(text, /^Next: renew the token .+RETRIGGER_WEBHOOK_SECRET/m);
  assert.match(text, /\/api\/v1\/chains\?state=rejected/);
});

test('however many are rejected, there is one message an hour, and each failure is in one of them', async () => {
  const world = await new RefusingWorld(ours).start();
  for (let n = 0; n < 90; n += 1) {
    await world.fail(`bad ${n}`, `${job}-${n}`);
    await world.pass(2 * minute);
  }
  await world.pass(3 * hour);
  const counts = world.read.map(({ title }) => Number.parseInt(title));
  assert.equal(
    counts.reduce((sum, count) => sum + count, 0),
    90,
  );
  const times = world.read.map((each) => each.minute);
  assert.deepEqual(times, [5, 65, 125, 185]);
  assert.match(world.read[1]?.lines[0] ?? '', /^Jobs: (\S+, ){9}\S+ and \d+ more\.$/);
  assert.ok(world.read.every(({ address }) => address === errors));
});

test('a rejection right before a summary is in the next one, even if nothing else happens', async () => {
  const world = await new RefusingWorld(ours).start();
  await world.fail('bad 1', `${job}-1`);
  await world.pass(4.5 * minute);
  await world.fail('bad 2', `${job}-2`);
  await world.pass(5 * hour);
  assert.deepEqual(
    world.read.map(({ minute: at, lines }) => [at, lines[0]]),
    [
      [5, `Jobs: ${job}-1.`],
      [65, `Jobs: ${job}-2.`],
    ],
  );
});

test('a restart neither repeats a summary nor loses a failure', async () => {
  const world = await new RefusingWorld(ours).start();
  await world.fail('bad 1');
  await world.pass(minute);
  await world.restart();
  await world.pass(10 * minute);
  assert.equal(world.read.length, 1);
  await world.fail('bad 2');
  await world.pass(minute);
  for (let n = 0; n < 5; n += 1) await world.restart();
  await world.pass(2 * hour);
  for (let n = 0; n < 5; n += 1) await world.restart();
  await world.pass(2 * hour);
  assert.deepEqual(
    world.titles.map((title) => title.replace(/^\S+ /, '')),
    Array(2).fill('1 failure could not be retried: Gangway rejected the token'),
  );
});

test('a failure whose chain is opened again and rejected again is counted once', async () => {
  const world = await new RefusingWorld(ours).start();
  await world.fail('bad');
  await world.pass(10 * minute);
  const [chain] = await world.base.chains();
  for (let n = 0; n < 8; n += 1) {
    const { prowJobId, buildId } = chain!.runs[0]!;
    await world.base.notify(
      { jobName: job, prowJobId, buildId: buildId! },
      { token: new Secret('bad'), slackWebhook: null },
    );
    await world.pass(13 * hour);
  }
  assert.ok((await world.base.chains())[0]!.reopened > 3);
  assert.equal(world.read.length, 1);
});

test('a summary leaves out chains whose token Gangway took meanwhile, and chains with their own messages', async () => {
  const world = await new RefusingWorld(ours).start();
  await world.base.knownTokens.add('mark of bad, of a team');
  await world.fail('bad, of a team', `${job}-team`);
  await world.fail('bad, granted soon', `${job}-granted`);
  await world.pass(minute);
  world.base.gangway.badTokens.delete('bad, granted soon');
  const granted = (await world.base.chains()).find(({ jobName }) => jobName === `${job}-granted`);
  const { prowJobId, buildId } = granted!.runs[0]!;
  const again = { jobName: `${job}-granted`, prowJobId, buildId: buildId! };
  await world.base.notify(again, { token: new Secret('bad, granted soon'), slackWebhook: null });
  await world.pass(5 * hour);
  assert.deepEqual(world.titles, []);
  assert.ok(world.base.told.some((title) => title.includes(`${job}-team could not be triggered again`)));
  assert.ok(world.base.told.some((title) => title.includes(`${job}-granted was triggered again`)));
});

test('while Slack is down, the summary waits, and then arrives once', async () => {
  const world = await new RefusingWorld(ours).start();
  world.isSlackDown = true;
  await world.fail('bad');
  await world.pass(3 * hour);
  await world.restart();
  world.isSlackDown = false;
  await world.pass(3 * hour);
  assert.equal(world.read.length, 1);
});

test('without an errors address the app’s channel gets the summary, and without a channel there is none', async () => {
  const inChannel = await new RefusingWorld({ slackChannel: '#ci' }, { hasApp: true }).start();
  await inChannel.fail('bad');
  await inChannel.pass(hour);
  assert.deepEqual(
    inChannel.read.map(({ address, title }) => [address, title]),
    [['#ci', '1 failure could not be retried: Gangway rejected the token']],
  );
  const nowhere = await new RefusingWorld({}).start();
  await nowhere.fail('bad');
  await nowhere.pass(hour);
  assert.deepEqual([nowhere.read, await nowhere.notices.list()], [[], []]);
});

test('an unreadable store delays the summary and loses nothing', async () => {
  const world = await new RefusingWorld(ours).start();
  await world.fail('bad');
  await world.pass(minute);
  world.notices.unavailable = true;
  await world.pass(20 * minute);
  world.notices.unavailable = false;
  await world.pass(hour);
  assert.equal(world.read.length, 1);
});

test('a service that restarts every three minutes sends its summary, too', async () => {
  const world = await new RefusingWorld(ours).start();
  await world.fail('bad');
  for (let n = 0; n < 5; n += 1) {
    await world.pass(3 * minute);
    await world.restart();
  }
  await world.pass(minute);
  assert.equal(world.read.length, 1);
});
