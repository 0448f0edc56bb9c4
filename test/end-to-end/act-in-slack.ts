import assert from 'node:assert/strict';
import { setTimeout } from 'node:timers/promises';
import { SlackPeople } from '../prow/slack/slack-people.ts';
import type { Delivery, ServiceAnswer } from '../prow/slack/deliver.ts';
import type { ChannelMessage } from '../prow/slack/workspace.ts';
import { listHostileDeliveries } from './hostile-deliveries.ts';
import type { Secrets } from './mint-secrets.ts';
import type { World } from './start-world.ts';

export const operator = 'U0ADA';
export const group = 'S0CREW';
const member = 'U0BOB';
const stranger = 'U0EVE';
const job = 'periodic-pressed';
/** Each command, with what follows it. */
const commands = {
  status: `${job}*`,
  silences: '',
  trigger: 'periodic-in-fault',
  digest: '',
};

interface Fixture {
  world: World;
  secrets: Secrets;
  deliver: (delivery: Delivery) => Promise<ServiceAnswer>;
}

/** Presses every button, fills in the form and gives every command, while Slack repeats what it was sent. Gives the card. */
export async function actInSlack({ world, secrets, deliver }: Fixture): Promise<ChannelMessage> {
  const { prow } = world;
  const { api } = prow.slack;
  const url = `${world.service.url}/slack/events`;
  const people = new SlackPeople(api, { url, deliver });
  const signed = { secret: secrets.signing };
  const fails = (method: string, status = 200) => api.fail({ method, status, error: repeatSecrets(secrets) });
  api.addGroup(group, [member]);
  prow.defineJob({ name: job, type: 'periodic', plan: [{ outcome: 'fail-pre' }] });
  prow.startRun(job);
  const card = () => api.cards.find(({ text }) => text.includes(job) && text.includes('Scheduled'));
  await world.until('its card stands', () => card() !== undefined);
  const message = structuredClone(card()!);

  assert.equal((await people.urlVerification('a-challenge', signed)).problem, null);
  fails('usergroups.users.list');
  await answered(world, people.press(message, 'cancel', stranger, signed));
  await answered(world, people.press(message, 'cancel', stranger, signed));
  fails('views.open');
  await answered(world, people.press(message, 'silence', operator, signed));
  const opened = api.whenCall(({ method, answer }) => method === 'views.open' && answer['ok'] === true);
  await people.press(message, 'silence', operator, signed);
  await opened;
  const view = api.views[0]!;
  for (const until of [0, world.clock.now() / 1000 + 3_600]) {
    const filled = { until: Math.floor(until), comment: 'out of quota' };
    assert.equal((await people.submit(view, filled, operator, signed)).problem, null);
  }
  for (const [action, user] of [
    ['cancel', member],
    ['cancel', operator],
    ['retry', member],
  ] as const) {
    await answered(world, people.press(message, action, user, signed));
  }
  const run = prow.runs.find(({ jobName }) => jobName === job)!;
  const explain = `explain https://prow.ci.openshift.org/view/gs/test-platform-results-public/logs/${job}/${run.buildId}`;
  for (const command of [explain, ...Object.entries(commands).map((words) => words.join(' '))]) {
    for (const user of [operator, stranger]) {
      await answered(world, people.command(command, user, '', signed));
    }
  }
  const help = await people.command('help', stranger, '', signed);
  const known = [...help.body.matchAll(/\/retrigger (\w+)/g)].map(([, word]) => word);
  assert.deepEqual(new Set(known), new Set(['help', 'explain', ...Object.keys(commands)]));
  fails('response_url', 500);
  await people.command('silences', stranger, '', signed);
  while (!world.logs.some((line) => line.includes('slack does not take an answer'))) await setTimeout(1);

  const hostile = listHostileDeliveries(api, url, secrets, { message, view, user: operator });
  for (const delivery of hostile) await deliver(delivery);
  await answered(world, people.command('silences', stranger, '', signed));
  return message;
}

/** What a proxy with a loose tongue says. */
export function repeatSecrets({ bot, app, signing, hook, ownHook }: Secrets): string {
  return `no token ${bot} or ${app}, signed ${signing}, for ${hook} and ${ownHook}`;
}

/** Resolves once the person was told, by the address that Slack gave for that. */
export async function answered(
  { prow }: World,
  act: Promise<{ problem: string | null } | null>,
): Promise<void> {
  const { api } = prow.slack;
  const before = new Set(api.responses);
  assert.equal((await act)?.problem ?? null, null);
  const { error } = await api.whenResponse((response) => !before.has(response));
  assert.equal(error, null);
}
