import assert from 'node:assert/strict';
import { test } from 'node:test';
import { unescapeSlackText } from '../../../../src/adapters/slack/inbound/commands.ts';
import { openChain } from '../../../../src/chain/accept.ts';
import { type Answer, answerLines } from '../../../../src/report/answers.ts';
import { deliverByFetch } from '../../../prow/slack/deliver.ts';
import { SlackPeople } from '../../../prow/slack/slack-people.ts';
import { refuseMessage } from '../../../prow/slack/check-message.ts';
import { brought, run, t0 } from '../../../chain/chains.ts';
import { chain, dana, holdSecrets, startSlackWorld } from '../slack-app-world.ts';

const address = 'https://prow.ci.openshift.org/view/gs/test-platform-results-public/logs/periodic-a/1';

test('help and anything else is answered with examples', async (t) => {
  const world = await startSlackWorld(t);
  for (const text of ['', 'help', 'dance', 'constructor', '__proto__', 'status', 'trigger  ', 'explain']) {
    const answer = await world.people.command(text);
    assert.deepEqual([answer.status, answer.problem], [200, null], text);
    assert.match(answer.body, /\/retrigger explain https:/);
    assert.match(answer.body, /"response_type":"ephemeral"/);
  }
  assert.match((await world.people.command('status')).body, /Say a job, too/);
  assert.match((await world.people.command('<!channel>')).body, /nothing I know/);
});

test('status tells how the newest chains of a job stand', async (t) => {
  const world = await startSlackWorld(t);
  const answer = await world.people.command(`status \`${chain.jobName}\``);
  assert.deepEqual([answer.status, answer.body], [200, '']);
  const told = await world.told(dana);
  assert.match(told, /Scheduled 10:31 UTC/);
  assert.match(told, /0 attempts/);
  await world.people.command('STATUS *no-such-∗');
  assert.match(await world.told(dana, 2), /No failure of ∗no-such-∗ is known/);
  await world.people.command('status a{b');
  assert.match(await world.told(dana, 3), /is no glob/);
  assert.deepEqual(world.api.calls, []);
});

test('status shows ten chains at the most, in what Slack takes', async (t) => {
  const world = await startSlackWorld(t);
  const long = `periodic-${'<&>'.repeat(80)}`;
  for (let nth = 0; nth < 30; nth += 1) {
    const job = { ...run, jobName: `${long}${nth}`, prowJobId: `run-${nth}-many` };
    world.store.put(openChain(job, brought, t0 + nth));
  }
  await world.people.command('status periodic-*');
  const told = await world.told(dana);
  assert.match(told, /the 10 newest chains/);
  assert.match(told, /…/);
  assert.equal(refuseMessage(world.api.responses[0]?.payload ?? {}), null);
});

test('silences lists them', async (t) => {
  const world = await startSlackWorld(t);
  await world.people.command('silences');
  assert.match(await world.told(dana), /No job is silenced/);
  const until = world.clock.now() + 60_000;
  await world.silences.add({ id: '1', job: '*-aws', until, author: 'ada', comment: '<!channel> no quota' });
  await world.people.command('silences');
  assert.match(await world.told(dana, 2), /∗-aws until 10:02 UTC, by ada: &lt;!channel&gt; no quota/);
});

test('explain says that it reads, then what it found', async (t) => {
  const world = await startSlackWorld(t);
  const answer = await world.people.command(`explain <${address}?a=1&amp;b=2|the run>`);
  assert.match(answer.body, /Reading the run/);
  assert.ok((await world.told(dana)).includes(`Read ${address}?a=1&amp;b=2.`));
  holdSecrets(world, answer.body);
});

test('explain takes a link whose label has several words, whatever follows the link', async (t) => {
  const world = await startSlackWorld(t);
  await world.people.command(`explain <${address}|the failed run>.`);
  assert.ok((await world.told(dana)).includes(`Read &lt;${address}|the failed run&gt;..`));
});

test('a very long account is cut', async (t) => {
  const lines = Array.from({ length: 500 }, (_, nth) => `${nth} ${'&'.repeat(3_000)}`);
  const explain = async () => ({ ...answerLines('A run', lines), isTable: true });
  const world = await startSlackWorld(t, {}, { explain });
  await world.people.command(`explain ${address}`);
  assert.match(await world.told(dana), /… and more/);
});

test('trigger is for operators', async (t) => {
  const nobody = await startSlackWorld(t);
  await nobody.people.command('trigger periodic-a');
  assert.match(await nobody.told(dana), /set RETRIGGER_SLACK_OPERATORS/);
  assert.deepEqual(nobody.done, []);

  const world = await startSlackWorld(t, { operators: ['U0ADA'] });
  const answer = await world.people.command('trigger periodic-a', 'U0ADA');
  assert.match(answer.body, /Asking Gangway/);
  assert.match(await world.told('U0ADA'), /periodic-a was triggered/);
  await world.people.command('trigger periodic-b', dana);
  assert.match(await world.told(dana), /Only operators/);
  assert.deepEqual(world.done, ['trigger periodic-a by u0ada (U0ADA)']);
});

test('digest shows the account', async (t) => {
  const world = await startSlackWorld(t);
  await world.people.command('digest');
  const told = await world.told(dana);
  assert.match(told, /The last seven days/);
  assert.doesNotMatch(told, /Retry now/);
});

test('says so where the disk can not be read, and where something is wrong', async (t) => {
  const world = await startSlackWorld(t, {}, { explain: () => Promise.reject(new Error('a bug')) });
  world.store.unavailable = true;
  await world.people.command('status *');
  assert.match(await world.told(dana), /could not read its disk/);
  await world.people.command(`explain ${address}`);
  assert.match(await world.told(dana, 2), /went wrong here/);
  const levels = world.readLines().map(({ level, msg }) => [level, msg]);
  assert.deepEqual(levels, [
    ['error', 'store unavailable'],
    ['error', 'slack request failed'],
  ]);
  holdSecrets(world);
});

test('waits at the end for what people asked for', async (t) => {
  const slow = Promise.withResolvers<Answer>();
  const world = await startSlackWorld(t, { operators: [dana] }, { trigger: () => slow.promise });
  await world.people.command('trigger periodic-a');
  const stopping = world.app.stop();
  slow.resolve(answerLines('It was triggered.', []));
  await stopping;
  assert.match(await world.told(dana), /It was triggered/);
});

test('a wish to start a job that comes twice is one', async (t) => {
  const world = await startSlackWorld(t, { operators: [dana] });
  const bodies: string[] = [];
  const people = new SlackPeople(world.api, {
    url: `${world.url}/slack/events`,
    deliver: (delivery) => (bodies.push(delivery.body), deliverByFetch(delivery)),
  });
  await people.command('trigger periodic-a', dana);
  await world.told(dana);
  await people.send(bodies[0] ?? '', 'application/x-www-form-urlencoded');
  assert.match(await world.told(dana, 2), /asked for already/);
  await people.command('trigger periodic-*', dana);
  assert.match(await world.told(dana, 3), /whole name of one periodic/);
  assert.equal(world.done.length, 1);
});

test('what Slack made of a text is undone', () => {
  const cases = [
    ['<https://a/b?c=1&amp;d=2>', 'https://a/b?c=1&d=2'],
    ['<https://a/b|a/b>', 'https://a/b'],
    [' `periodic-*` ', 'periodic-*'],
    ['gs://a/b', 'gs://a/b'],
    ['&lt;a&gt; &amp;amp;', '<a> &amp;'],
    ['', ''],
  ] as const;
  for (const [written, meant] of cases) assert.equal(unescapeSlackText(written), meant);
});
