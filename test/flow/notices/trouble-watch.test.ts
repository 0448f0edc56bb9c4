import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Flow } from '../../../src/flow/flow.ts';
import type { NoticeWorker } from '../../../src/flow/notices/notice-worker.ts';
import type {
  ChannelPublisher,
  PublicationDraft,
  WriteResult,
  DeliveryOutcome,
} from '../../../src/report/reporter.ts';
import { Secret } from '../../../src/secret.ts';
import { MemoryDisk } from '../../adapters/lowdb/disk/memory-disk.ts';
import { diskError, tapDisk } from '../../adapters/lowdb/disk/tap-disk.ts';
import { openOn } from '../../adapters/lowdb/open-store.ts';
import { FlowWorld, hour, minute } from '../flow-world.ts';

const fault = { says: 'Gangway could not be reached (ECONNREFUSED)', more: 0 };
const bad = { says: 'rules/10-a.yaml:1:19: rule x: unknown key mach; did you mean match?', more: 2 };

const begun = 'Gangway is not accepting requests';

/** A service with the real store of notices on a disk in memory, and a virtual clock. */
class TroubledWorld {
  /** While set, the disk takes no write. */
  isFull = false;
  readonly #disk = new MemoryDisk();
  /** Titles, by where people read them. */
  readonly posted: string[] = [];
  readonly texts: string[] = [];
  onDelivery: () => DeliveryOutcome = () => ({ kind: 'delivered' });
  onWrite: () => WriteResult = () => ({
    kind: 'written',
    place: { channel: 'C1', ts: `${this.posted.length}` },
  });
  readonly base: FlowWorld;
  #close: () => Promise<void> = async () => {};

  static async start(settings: Partial<Flow['settings']>, hasApp = false): Promise<TroubledWorld> {
    const world = new TroubledWorld(settings, hasApp);
    await world.#run();
    return world;
  }

  private constructor(settings: Partial<Flow['settings']>, hasApp: boolean) {
    const publisher = hasApp ? this.#makeBoard() : null;
    this.base = new FlowWorld({ settings, ports: { publisher, reporter: { deliver: this.#deliver } } });
  }

  async #run(): Promise<void> {
    const store = await openOn(
      tapDisk(this.#disk, (verb) => {
        if (this.isFull && verb === 'write') throw diskError('ENOSPC');
      }),
    );
    this.base.ports.notices = store.notices;
    await this.base.restart();
    await this.base.noticeWorker.start();
    this.#close = async () => {
      await this.base.noticeWorker.stop();
      await store.close();
    };
  }

  async restart(): Promise<void> {
    await this.#close();
    await this.#run();
  }

  readonly #deliver: Flow['reporter']['deliver'] = async ({ title, lines }, address) => {
    const delivery = this.onDelivery();
    if (delivery.kind !== 'delivered') return delivery;
    this.posted.push(`${address.reveal()}: ${title}`);
    this.texts.push([title, ...lines].join('\n'));
    return delivery;
  };

  #makeBoard(): ChannelPublisher {
    return {
      check: async () => ({ ok: true, says: 'bot' }),
      close: () => {},
      write: async (channel, draft) => {
        const wanted = await draft();
        const written = this.onWrite();
        if (wanted !== null && written.kind === 'written') this.posted.push(`${channel} ${describe(wanted)}`);
        return written;
      },
    };
  }

  /** Lets time pass, timer by timer. */
  pass(ms: number): Promise<void> {
    return this.base.pass(ms);
  }

  /** A part of the service has a problem; `null`: it has none any more. */
  see(...[part, problem]: Parameters<NoticeWorker['troubles']['see']>): void {
    this.base.noticeWorker.troubles.see(part, problem);
  }

  async breaker(state: 'open' | 'closed', ms: number): Promise<void> {
    this.see('gangway', state === 'open' ? fault : null);
    await this.pass(ms);
  }
}

function describe(draft: PublicationDraft): string {
  if (draft.kind === 'card') return `${draft.ts === null ? 'new' : 'rewritten'}: ${draft.card.title}`;
  return `${draft.message.audience} under ${draft.under}: ${draft.message.title}`;
}

const errors = { slackErrorsWebhook: new Secret('errors'), slackWebhook: new Secret('people') };

test('an open breaker is posted once after two minutes, and once when Gangway is accepting requests again', async () => {
  const world = await TroubledWorld.start(errors);
  await world.breaker('open', 2 * minute - 1);
  assert.deepEqual(world.posted, []);
  await world.pass(minute);
  assert.deepEqual(world.posted, [`errors: ${begun}`]);
  // Each failed probe opens it anew.
  for (let probe = 0; probe < 5; probe += 1) await world.breaker('open', 4 * minute);
  assert.equal(world.posted.length, 1);
  await world.breaker('closed', 2 * minute);
  assert.deepEqual(world.posted.slice(1), ['errors: Gangway is accepting requests again after 23m']);
  assert.match(
    world.texts[0] ?? '',
    /Since 10:00 UTC\. Last fault: Gangway could not be reached \(ECONNREFUSED\)/,
  );
  assert.match(world.texts[0] ?? '', /\nNext: /);
  await world.pass(24 * hour);
  assert.equal(world.posted.length, 2);
});

test('a breaker that flaps is not reported, and no second problem is posted within the hour', async () => {
  const world = await TroubledWorld.start(errors);
  for (let flap = 0; flap < 20; flap += 1) {
    await world.breaker('open', minute);
    await world.breaker('closed', minute);
  }
  assert.deepEqual(world.posted, []);
  await world.breaker('open', 3 * minute);
  // Closed for a moment only: the same trouble goes on.
  await world.breaker('closed', minute / 2);
  await world.breaker('open', 10 * minute);
  assert.equal(world.posted.length, 1);
  await world.breaker('closed', 5 * minute);
  assert.deepEqual(world.posted.slice(1), ['errors: Gangway is accepting requests again after 14m']);
  // Again ill within the hour: people hear once the hour is over, if it lasts.
  await world.breaker('open', 20 * minute);
  await world.breaker('closed', 5 * minute);
  assert.equal(world.posted.length, 2);
  await world.breaker('open', 2 * hour);
  assert.deepEqual(world.posted.slice(2), [`errors: ${begun}`]);
});

test('a restart in between neither repeats the first message nor loses the last', async () => {
  const world = await TroubledWorld.start(errors);
  await world.breaker('open', 5 * minute);
  await world.restart();
  await world.pass(30 * minute);
  assert.equal(world.posted.length, 1);
  await world.breaker('open', 30 * minute);
  assert.equal(world.posted.length, 1);
  await world.restart();
  // The first call that is served shows that it is over.
  await world.breaker('closed', 5 * minute);
  assert.deepEqual(world.posted, [
    `errors: ${begun}`,
    'errors: Gangway is accepting requests again after 1h 5m',
  ]);
  await world.restart();
  await world.pass(hour);
  assert.equal(world.posted.length, 2);
});

test('rejected rules are posted once however often they are read, and once when rules are accepted', async () => {
  const world = await TroubledWorld.start(errors);
  for (let reading = 0; reading < 5; reading += 1) {
    world.see('rules', { ...bad, more: reading });
    await world.pass(minute);
  }
  assert.deepEqual(world.posted, ['errors: Rules rejected: the previous rules stay in force']);
  assert.match(world.texts[0] ?? '', /10-a\.yaml:1:19: rule x: unknown key mach; did you mean match\?$/m);
  world.see('rules', null);
  await world.pass(minute);
  assert.deepEqual(world.posted.slice(1), ['errors: Rules accepted again']);
  assert.match(world.texts[1] ?? '', /after 5m\./);
  world.see('rules', null);
  world.see('rules', bad);
  await world.pass(minute);
  assert.equal(world.posted.length, 3);
  // A service starts on good rules only.
  await world.restart();
  await world.pass(minute);
  assert.deepEqual(world.posted.slice(3), ['errors: Rules accepted again']);
});

test('rules that turn bad, good and bad within a moment come to an end', async () => {
  const world = await TroubledWorld.start(errors);
  for (const problem of [bad, null, bad, null, bad]) {
    world.see('rules', problem);
    await world.pass(0);
  }
  assert.ok(world.posted.at(-1)?.includes('Rules rejected'));
  world.see('rules', null);
  await world.pass(minute);
  assert.ok(world.posted.at(-1)?.includes('Rules accepted again'));
});

test('while Slack is down both messages wait, and arrive once each, in their order, also over a restart', async () => {
  const world = await TroubledWorld.start(errors);
  world.onDelivery = () => ({ kind: 'later', why: 'Slack answered 503', retryAfterMs: null });
  await world.breaker('open', 10 * minute);
  await world.breaker('closed', 10 * minute);
  await world.restart();
  await world.pass(hour);
  assert.deepEqual(world.posted, []);
  world.onDelivery = () => ({ kind: 'delivered' });
  await world.pass(hour);
  assert.deepEqual(world.posted, [
    `errors: ${begun}`,
    'errors: Gangway is accepting requests again after 10m',
  ]);
});

test('a message that was sent while the disk takes no write is not sent again', async () => {
  const world = await TroubledWorld.start(errors);
  world.see('rules', bad);
  world.onDelivery = () => {
    world.isFull = true;
    return { kind: 'delivered' };
  };
  await world.pass(10 * minute);
  assert.equal(world.posted.length, 1);
  world.isFull = false;
  world.onDelivery = () => ({ kind: 'delivered' });
  await world.pass(hour);
  assert.equal(world.posted.length, 1);
  world.see('rules', null);
  await world.pass(minute);
  assert.equal(world.posted.length, 2);
});

test('an address that is gone ends the message, and blocks no other message', async () => {
  const world = await TroubledWorld.start(errors);
  world.onDelivery = () => ({ kind: 'never', why: 'Slack answered 404 no_service' });
  await world.breaker('open', 10 * minute);
  world.onDelivery = () => ({ kind: 'delivered' });
  await world.breaker('closed', 10 * minute);
  assert.deepEqual(world.posted, ['errors: Gangway is accepting requests again after 10m']);
});

test('without an errors address the app’s channel has the message, and its end below it, shown in the channel', async () => {
  const world = await TroubledWorld.start({ slackChannel: '#ci', slackWebhook: new Secret('people') }, true);
  await world.breaker('open', 10 * minute);
  await world.restart();
  await world.breaker('closed', 10 * minute);
  assert.deepEqual(world.posted, [
    `#ci new: ${begun}`,
    'C1 errors under 0: Gangway is accepting requests again after 10m',
  ]);
});

test('if the message in the channel was deleted, the end is a new message', async () => {
  const world = await TroubledWorld.start({ slackChannel: '#ci' }, true);
  await world.breaker('open', 10 * minute);
  let calls = 0;
  world.onWrite = () =>
    (calls += 1) === 1 ? { kind: 'gone' } : { kind: 'written', place: { channel: 'C1', ts: '9' } };
  await world.breaker('closed', 10 * minute);
  assert.deepEqual(world.posted.slice(1), ['#ci new: Gangway is accepting requests again after 10m']);
});

for (const [what, settings, hasApp, expected] of [
  [
    'the errors address before the app’s channel',
    { ...errors, slackChannel: '#ci' },
    true,
    `errors: ${begun}`,
  ],
  [
    'the address for all where there is no other',
    { slackWebhook: new Secret('people') },
    false,
    `people: ${begun}`,
  ],
  ['nothing where nothing is set', { slackChannel: '#ci' }, false, undefined],
] as const) {
  test(`takes ${what}`, async () => {
    const world = await TroubledWorld.start(settings, hasApp);
    await world.breaker('open', 10 * minute);
    assert.deepEqual(world.posted, expected === undefined ? [] : [expected]);
  });
}
