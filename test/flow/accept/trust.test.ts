import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { Notification } from '../../../src/intake/notification.ts';
import { Secret } from '../../../src/secret.ts';
import type { Creation, Listing } from '../../../src/trigger/execution-api.ts';
import { pickToken } from '../../../src/flow/gangway/ask-gangway.ts';
import { channel, firstId as id, FlowWorld, hour, job, minute } from '../flow-world.ts';

const people = 'https://hooks.slack.com/services/OUR/PEOPLE';
const errors = 'https://hooks.slack.com/services/OUR/ERRORS';
const settings = { slackWebhook: new Secret(people), slackErrorsWebhook: new Secret(errors) };

/** A notification without addresses, by a token of that name. */
function by(token: string, changes: Partial<Notification> = {}): Partial<Notification> {
  return { token: new Secret(token), slackWebhook: null, ...changes };
}

/** A failed run of the job, before anybody notified of it. */
function startRun(world: FlowWorld, jobName = job) {
  const buildId = world.nextBuild();
  const run = { jobName, prowJobId: `run-${buildId}`, buildId };
  world.bucket.putRun({ ...run, outcome: 'pre' });
  world.gangway.others.push(run);
  return run;
}

/** What our own addresses heard: `people: …` or `errors: …`. */
function heardByUs({ heard }: FlowWorld): string[] {
  return heard.flatMap(({ address, title }) =>
    address === people ? [`people: ${title}`] : address === errors ? [`errors: ${title}`] : [],
  );
}

const taken = [
  `people: ${job} was triggered again: attempt 1`,
  `people: ${job} passed on attempt 1: a flake`,
];
const whole = [`people: ${job} failed and will be tried again at 10:30 UTC`, ...taken];

test('the log says why our own addresses hear nothing of a chain', async () => {
  const world = new FlowWorld({ settings });
  world.gangway.badTokens.add('bad');
  await world.notify({ jobName: job, prowJobId: 'made-up', buildId: world.nextBuild() }, by('bad'));
  await world.notify(startRun(world, `${job}-1`), by('bad'));
  await world.notify(startRun(world, `${job}-2`), by('good'));
  await world.untilQuiet();
  const lines = world.logs.map((line) => JSON.parse(line) as Record<string, unknown>);
  const told = lines
    .filter(({ msg }) => msg === 'judged' || msg === 'chain ended')
    .map(
      ({ msg, job: name, state, unheard }) =>
        `${String(name)} ${String(msg)} ${String(state)}: ${String(unheard)}`,
    );
  const unknown = 'no token accepted by Gangway yet';
  assert.deepEqual(told.toSorted(), [
    `${job} chain ended needs-human: failure not proven`,
    `${job}-1 chain ended rejected: ${unknown}`,
    `${job}-1 judged scheduled: ${unknown}`,
    `${job}-2 chain ended passed: undefined`,
    `${job}-2 judged passed: undefined`,
    `${job}-2 judged scheduled: ${unknown}`,
  ]);
});

suite('our own addresses get messages', () => {
  test('of a chain with an unknown token from the moment Gangway took it, and of the next chain with it from the start', async () => {
    const world = new FlowWorld({ settings });
    await world.notify(startRun(world), by('callers'));
    await world.untilQuiet();
    assert.deepEqual(heardByUs(world), taken);
    await world.notify(startRun(world), by('callers'));
    await world.untilQuiet();
    assert.equal(heardByUs(world).length, 2 + 3);
    assert.equal(
      (await world.chains()).every(({ trust }) => trust === 'token'),
      true,
    );
  });

  test('of a caller who showed the secret from the start', async () => {
    const world = new FlowWorld({ settings });
    await world.notify(startRun(world), by('callers', { isTrusted: true }));
    await world.untilQuiet();
    assert.deepEqual(heardByUs(world), whole);
  });

  test('of no chain whose tokens Gangway rejects, whichever address it brings or not, but of their number', async () => {
    const world = new FlowWorld({ settings });
    world.gangway.badTokens.add('bad');
    const theirs = new Secret(channel);
    await world.notify(startRun(world, `${job}-1`), by('bad'));
    await world.notify(startRun(world, `${job}-2`), by('bad', { slackWebhook: theirs }));
    await world.notify(startRun(world, `${job}-3`), by('bad', { slackErrorsWebhook: theirs }));
    await world.untilQuiet();
    const summary = '3 failures could not be retried: Gangway rejected the tokens';
    assert.deepEqual(heardByUs(world), [`errors: ${summary}`]);
    assert.deepEqual(
      world.heard
        .filter(({ title }) => title !== summary)
        .map(({ address, title }) => [address, title.replace(`${job}-`, '')]),
      [
        [channel, '2 failed and will be tried again at 10:30 UTC'],
        [channel, '2 could not be triggered again: Gangway refused attempt 1'],
        [channel, '3 could not be triggered again: Gangway refused attempt 1'],
      ],
    );
  });

  test('of a brought address without its pair only what belongs to the other, once Gangway took the token', async () => {
    const world = new FlowWorld({ settings, attempts: ['pass'] });
    await world.notify(startRun(world), by('callers', { slackErrorsWebhook: new Secret(channel) }));
    await world.untilQuiet();
    assert.deepEqual(heardByUs(world), taken);
  });

  test('of nothing that no prowjob.json names, known token or not, unless the caller showed the secret', async () => {
    for (const isTrusted of [false, true]) {
      const world = new FlowWorld({ settings });
      await world.knownTokens.add('mark of callers');
      const run = { jobName: job, prowJobId: `run-1-of-${job}`, buildId: '1930000000000000009' };
      await world.notify(run, by('callers', { isTrusted }));
      const chain = await world.untilState(id, 'needs-human', 'skipped');
      await world.untilQuiet();
      assert.deepEqual([chain.proof, chain.trust], ['none', isTrusted ? 'secret' : 'token']);
      assert.equal(heardByUs(world).length, isTrusted ? 1 : 0);
    }
  });

  test('of a known token that Gangway rejects now: it is a team’s, and it expired', async () => {
    const world = new FlowWorld({ settings });
    await world.knownTokens.add('mark of callers');
    world.gangway.badTokens.add('callers');
    await world.notify(startRun(world), by('callers'));
    await world.untilQuiet();
    assert.deepEqual(heardByUs(world), [
      whole[0],
      `errors: ${job} could not be triggered again: Gangway refused attempt 1`,
    ]);
    assert.equal((await world.chains())[0]?.refusedAt, null);
  });

  test('of a token that became known after the chain was accepted, if Gangway rejects it then', async () => {
    const world = new FlowWorld({ settings });
    world.gangway.badTokens.add('callers');
    await world.notify(startRun(world), by('callers'));
    await world.pass(minute);
    await world.knownTokens.add('mark of callers');
    await world.untilQuiet();
    assert.deepEqual(heardByUs(world), [
      `errors: ${job} could not be triggered again: Gangway refused attempt 1`,
    ]);
  });

  test('of a chain that a stranger opened as soon as the team’s own notification joins it', async () => {
    const world = new FlowWorld({ settings });
    await world.knownTokens.add('mark of callers');
    world.gangway.badTokens.add('bad');
    const run = startRun(world);
    await world.notify(run, by('bad'));
    await world.notify(run, by('callers'));
    await world.untilQuiet();
    assert.deepEqual(heardByUs(world), whole);
    // What is known goes first, so the stranger's costs no call.
    assert.deepEqual(
      world.gangway.calls.filter(({ kind }) => kind === 'create').map(({ token }) => token),
      ['callers'],
    );
  });

  test('of an attempt whose answer was lost, once it is found', async () => {
    const world = new FlowWorld({ settings });
    world.gangway.creations.push((request): Creation => {
      world.gangway.start(request);
      return { kind: 'unclear', says: 'Gangway answered 503' };
    });
    await world.notify(startRun(world), by('callers'));
    await world.untilQuiet();
    assert.deepEqual(heardByUs(world), taken);
    assert.equal(world.knownTokens.isKnown('mark of callers'), false, 'nothing tells which token it was');
  });

  test('about an attempt that cannot be found, if a list took its token', async () => {
    const world = new FlowWorld({ settings });
    world.gangway.creations.push((): Creation => ({ kind: 'unclear', says: 'Gangway answered 503' }));
    for (let n = 0; n < 9; n += 1) {
      world.gangway.listings.push((): Listing => ({ kind: 'found', executions: [] }));
    }
    await world.notify(startRun(world), by('callers'));
    await world.untilQuiet();
    assert.deepEqual(heardByUs(world), [`errors: ${job} needs a person: retrigger cannot go on`]);
  });
});

suite('a token is known', () => {
  test('once a request, a lookup or a list was answered, and not by any refusal or doubt', async () => {
    const world = new FlowWorld();
    const { api } = world.flow;
    const request = {
      jobName: job,
      type: 'periodic',
      refs: null,
      labels: {},
      annotations: {},
      envs: {},
    } as const;
    const refusals = ['token', 'tenant', 'request', 'unknown-job'] as const;
    const says = 'no';
    const caller = (token: string) => ({ token: new Secret(token), isKnown: false });
    const answers: Creation[] = [
      ...refusals.map((cause): Creation => ({ kind: 'refused', cause, says })),
      { kind: 'not-created', says, retryAfterMs: null },
      { kind: 'unclear', says },
      { kind: 'held-back', says, retryAfterMs: 1 },
    ];
    for (const answer of answers) {
      world.gangway.creations.push(() => answer);
      await api.create(request, caller('doubtful'), async () => true);
    }
    for (const cause of refusals) {
      world.gangway.lookups.push(() => ({ kind: 'refused', cause, says }));
      world.gangway.listings.push(() => ({ kind: 'refused', cause, says }));
      await api.get('run', caller('doubtful'));
      await api.list(job, caller('doubtful'));
    }
    world.gangway.lookups.push(() => ({ kind: 'unavailable', says, retryAfterMs: null }));
    await api.get('run', caller('doubtful'));
    world.gangway.lookups.push(() => ({ kind: 'found', status: 'PENDING', jobUrl: null, jobName: null }));
    await api.get('run', caller('found'));
    await api.get('run', caller('gone'));
    await api.list(job, caller('list'));
    await api.create(request, caller('created'), async () => true);
    const known = ['doubtful', 'found', 'gone', 'list', 'created'].map((token) =>
      world.knownTokens.isKnown(`mark of ${token}`),
    );
    assert.deepEqual(known, [false, true, true, true, true]);
  });

  test('even if the disk refuses the write: the attempt is made once, and the fault is logged', async () => {
    const world = new FlowWorld({ settings });
    world.knownTokens.unavailable = true;
    await world.notify(startRun(world), by('callers'));
    await world.untilQuiet();
    assert.equal(world.gangway.started.length, 1);
    assert.deepEqual(heardByUs(world), taken);
    assert.ok(world.logs.some((line) => line.includes('known tokens could not be written')));
    assert.ok(!world.logs.some((line) => line.includes('"callers"')));
  });

  test('a flood of forged tokens before and after a known one takes neither its place nor its turn', async () => {
    const world = new FlowWorld({ settings });
    await world.knownTokens.add('mark of callers');
    const run = startRun(world);
    const forge = async (from: number, to: number): Promise<void> => {
      for (let n = from; n < to; n += 1) {
        world.gangway.badTokens.add(`bad ${n}`);
        await world.notify(run, by(`bad ${n}`));
      }
    };
    await forge(0, 30);
    await world.notify(run, by('callers'));
    await forge(30, 60);
    const chain = (await world.chains())[0]!;
    const picked = pickToken(world.flow, chain);
    assert.deepEqual(
      [picked?.kept, picked?.caller.isKnown],
      [{ kind: 'caller', fingerprint: 'mark of callers', sealed: 'callers' }, true],
    );
    await world.untilQuiet();
    assert.deepEqual(
      world.gangway.calls.map(({ token }) => token),
      ['callers'],
    );
    // The failure was judged before the known token came.
    assert.deepEqual(heardByUs(world), taken);
  });

  test('the service’s own token is known, and is there only for a caller who showed the secret', async () => {
    const world = new FlowWorld({ settings });
    const { chain } = await world.notify(startRun(world), {
      token: null,
      slackWebhook: null,
      isTrusted: true,
    });
    const picked = pickToken(world.flow, chain);
    assert.deepEqual([picked?.kept, picked?.caller.isKnown], [{ kind: 'own' }, true]);
  });

  test('a chain whose forged tokens were refused sixteen times goes on with a known one, at once', async () => {
    const world = new FlowWorld({ settings });
    await world.knownTokens.add('mark of callers');
    const run = startRun(world);
    for (let n = 0; n < 40; n += 1) {
      world.gangway.badTokens.add(`bad ${n}`);
      await world.notify(run, by(`bad ${n}`));
      if (n % 4 === 3) await world.pass(13 * hour);
    }
    const [before] = await world.chains();
    assert.ok(before?.state === 'rejected' && before.credentials.refusals >= 16, `${before?.state}`);
    const at = world.clock.now();
    await world.notify(run, by('callers'));
    await world.until('it is started', () => world.gangway.started.length === 1);
    assert.ok(world.clock.now() - at < minute);
  });
});
