import assert from 'node:assert/strict';
import { suite, test, type TestContext } from 'node:test';
import type { RunPlan } from '../prow/cluster/run-plan.ts';
import { SlackPeople } from '../prow/slack/slack-people.ts';
import type { ChannelMessage } from '../prow/slack/workspace.ts';
import { World } from './start-world.ts';

const job = 'periodic-ci-org-repo-main-e2e-aws';
const operator = 'U0ADA';
const stranger = 'U0EVE';

interface Fixture {
  world: World;
  people: SlackPeople;
  card: () => ChannelMessage;
  face: () => string;
}

/** A chain that waits for its attempt, with its card in the channel. */
async function setUp(t: TestContext, plan: RunPlan[], env: Record<string, string> = {}): Promise<Fixture> {
  const world = await World.start(t, {
    slackApp: true,
    env: { RETRIGGER_SLACK_OPERATORS: operator, ...env },
  });
  const { api } = world.prow.slack;
  world.prow.defineJob({ name: job, type: 'periodic', plan });
  world.prow.startRun(job);
  const card = () => api.cards[0]!;
  const face = () => api.read(card());
  await world.until('a card stands', () => api.cards.length === 1);
  return { world, people: new SlackPeople(api, { url: `${world.service.url}/slack/events` }), card, face };
}

async function untilFace({ world, face }: Fixture, says: RegExp): Promise<void> {
  await world.until(`the card says ${says}`, () => says.test(face()));
}

/** What the person alone was told, in answer to a press or a command. */
async function answered({ world }: Fixture): Promise<string> {
  const response = await world.prow.slack.api.whenResponse(() => true);
  return JSON.stringify(response);
}

suite('a person in Slack', () => {
  test('has the attempt made at once; a second press is harmless', async (t) => {
    const fixture = await setUp(t, [{ outcome: 'fail-pre' }, { outcome: 'pass' }]);
    const { world, people, card } = fixture;
    const before = structuredClone(card());
    const first = await people.press(before, 'retry', operator);
    assert.equal(first.problem, null);
    await untilFace(fixture, /Running, attempt 1/);
    const second = await people.press(before, 'retry', operator);
    assert.equal(second.problem, null);
    await untilFace(fixture, /Passed on attempt 1/);
    assert.equal(world.prow.runs.length, 2);
    const [chain] = await world.chains();
    assert.ok(
      chain!.decision?.because.some((line) => line.includes(operator)),
      'the chain knows who',
    );
    const thread = world.prow.slack.api.thread(card().ts).map(({ text }) => text);
    assert.ok(
      thread.some((text) => text.includes(operator)),
      'the thread knows who',
    );
  });

  test('calls a chain off, and the buttons that no longer work are gone', async (t) => {
    const fixture = await setUp(t, [{ outcome: 'fail-pre' }, { outcome: 'pass' }]);
    assert.match(fixture.face(), /\[Retry now\] \[Cancel\]/);
    await fixture.people.press(fixture.card(), 'cancel', operator);
    await untilFace(fixture, /^\*Cancelled/);
    assert.doesNotMatch(fixture.face(), /\[Cancel\]|\[Retry now\]/);
    assert.equal(fixture.world.prow.runs.length, 1);
  });

  test('is refused where he is no operator, and told so alone', async (t) => {
    const fixture = await setUp(t, [{ outcome: 'fail-pre' }, { outcome: 'pass' }]);
    const { edits } = fixture.card();
    await fixture.people.press(fixture.card(), 'cancel', stranger);
    assert.match(await answered(fixture), /ephemeral/);
    const [chain] = await fixture.world.chains();
    assert.equal(chain!.state, 'scheduled');
    assert.equal(fixture.card().edits, edits);
  });

  test('silences the job by a form, and the waiting attempt is not made', async (t) => {
    const fixture = await setUp(t, [{ outcome: 'fail-pre' }, { outcome: 'pass' }]);
    const { world, people } = fixture;
    const { api } = world.prow.slack;
    await people.press(fixture.card(), 'silence', operator);
    await world.until('the form is open', () => api.views.length === 1);
    const [view] = api.views;
    assert.ok(view);
    const submitted = await people.submit(view, { comment: 'us-east-1 is out of quota' }, operator);
    assert.equal(submitted.problem, null);
    await untilFace(fixture, /^\*Silenced/);
    const listed = (await (await fetch(`${world.service.url}/api/v1/silences`)).json()) as {
      silences: { job: string; comment: string; author: string }[];
    };
    assert.deepEqual(
      listed.silences.map(({ job: name, comment }) => [name, comment]),
      [[job, 'us-east-1 is out of quota']],
    );
    assert.match(listed.silences[0]!.author, new RegExp(operator));
    await world.until('the thread knows why', () =>
      api.thread(fixture.card().ts).some(({ text }) => text.includes('out of quota')),
    );
    await world.untilState('skipped');
    assert.equal(world.prow.runs.length, 1);
  });

  test('starts a periodic by the command, where he is an operator', async (t) => {
    const fixture = await setUp(t, [{ outcome: 'fail-pre' }, { outcome: 'pass' }]);
    const { world, people } = fixture;
    world.prow.defineJob({ name: 'periodic-other', type: 'periodic', plan: [{ outcome: 'pass' }] });
    await world.restart({ RETRIGGER_GANGWAY_TOKEN: world.prow.token });
    const again = new SlackPeople(world.prow.slack.api, { url: `${world.service.url}/slack/events` });
    await again.command('trigger periodic-other', stranger);
    await again.command('trigger periodic-other', operator);
    await world.until('it runs', () => world.prow.runs.some(({ jobName }) => jobName === 'periodic-other'));
    assert.equal(world.prow.runs.filter(({ jobName }) => jobName === 'periodic-other').length, 1);
    assert.ok(people);
  });

  test('asks how a job is doing', async (t) => {
    const fixture = await setUp(t, [{ outcome: 'fail-pre' }, { outcome: 'pass' }]);
    await fixture.people.command(`status ${job}`, stranger);
    assert.match(await answered(fixture), /ephemeral.+Scheduled/);
  });
});
