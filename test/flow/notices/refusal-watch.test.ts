import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ObservedNotices, ObservedStore } from '../../../src/flow/state/observed-store.ts';
import type { Flow } from '../../../src/flow/flow.ts';
import { NoticeWorker } from '../../../src/flow/notices/notice-worker.ts';
import type { ChannelPublisher } from '../../../src/report/reporter.ts';
import type { Message } from '../../../src/report/message.ts';
import { Secret } from '../../../src/secret.ts';
import { MemoryNoticeStore } from '../../chain/memory-notice-store.ts';
import { FlowWorld, hour, job, minute } from '../flow-world.ts';

const people = 'https://hooks.slack.com/services/OUR/PEOPLE';
const errors = 'https://hooks.slack.com/services/OUR/ERRORS';

/** A world with the worker of notices; Gangway rejects each token whose name begins with `bad`. */
class RefusingWorld {
  readonly base: FlowWorld;
  readonly notices = new MemoryNoticeStore();
  /** What our own addresses and channel read, with the minutes since the beginning. */
  readonly read: { minute: number; where: string; message: Pick<Message, 'title' | 'lines'> }[] = [];
  isSlackDown = false;
  readonly #publisher: ChannelPublisher | null;
  readonly #begun: number;
  #worker!: NoticeWorker;
  #runs = 0;

  constructor(settings: Partial<Flow['settings']>, { hasApp = false } = {}) {
    this.base = new FlowWorld({
      settings,
      rules: 'rules: [{name: again, match: {phase: pre}, retry: {attempts: 1, delay: 0s}}]',
    });
    this.base.onDelivery = () =>
      this.isSlackDown
        ? { kind: 'later', why: 'Slack answered 503', retryAfterMs: null }
        : { kind: 'delivered' };
    this.#publisher = hasApp ? this.#makeBoard() : null;
    this.#begun = this.base.clock.now();
  }

  async start(): Promise<this> {
    const { flow, worker } = this.base;
    const notices = new ObservedNotices(this.notices);
    const deliver: Flow['reporter']['deliver'] = async (message, address) => {
      const delivery = await flow.reporter.deliver(message, address);
      if (delivery.kind === 'delivered') this.#note(address.reveal(), message);
      return delivery;
    };
    this.#worker = new NoticeWorker({ ...flow, notices, publisher: this.#publisher, reporter: { deliver } });
    notices.onChange((notice) => this.#worker.plan(notice));
    assert.ok(flow.store instanceof ObservedStore);
    flow.store.onChange((chain) => {
      worker.plan(chain);
      this.#worker.refusals.see(chain);
    });
    await this.#worker.start();
    return this;
  }

  async restart(): Promise<void> {
    await this.#worker.stop();
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

  async pass(ms: number): Promise<void> {
    const { clock } = this.base;
    const end = clock.now() + ms;
    for (;;) {
      do {
        await new Promise((resolve) => setImmediate(resolve));
        await this.base.worker.idle();
      } while (this.#worker.inHand > 0 || this.base.worker.inHand > 0);
      const due = clock.nextDue() ?? Infinity;
      if (due > end) break;
      clock.advanceTo(due);
    }
    clock.advanceTo(end);
  }

  get titles(): string[] {
    return this.read.map(({ minute: at, message }) => `${at}m ${message.title}`);
  }

  #note(where: string, message: Pick<Message, 'title' | 'lines'>): void {
    this.read.push({ minute: (this.base.clock.now() - this.#begun) / minute, where, message });
  }

  #makeBoard(): ChannelPublisher {
    return {
      check: async () => ({ ok: true, says: 'bot' }),
      close: () => {},
      write: async (channel, draft) => {
        const wanted = await draft();
        if (wanted?.kind === 'card') this.#note(channel, wanted.card);
        return { kind: 'written', place: { channel: 'C1', ts: `${this.read.length}` } };
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
  assert.equal(world.read[0]?.where, errors);
  const text = world.read[0].message.lines.join('\n');
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
  const counts = world.read.map(({ message }) => Number.parseInt(message.title));
  assert.equal(
    counts.reduce((sum, count) => sum + count, 0),
    90,
  );
  const times = world.read.map((each) => each.minute);
  assert.deepEqual(times, [5, 65, 125, 185]);
  assert.match(world.read[1]?.message.lines[0] ?? '', /^Jobs: (\S+, ){9}\S+ and \d+ more\.$/);
  assert.ok(world.read.every(({ where }) => where === errors));
});

test('a rejection right before a summary is in the next one, even if nothing else happens', async () => {
  const world = await new RefusingWorld(ours).start();
  await world.fail('bad 1', `${job}-1`);
  await world.pass(4.5 * minute);
  await world.fail('bad 2', `${job}-2`);
  await world.pass(5 * hour);
  assert.deepEqual(
    world.read.map(({ minute: at, message }) => [at, message.lines[0]]),
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
    inChannel.read.map(({ where, message }) => [where, message.title]),
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
