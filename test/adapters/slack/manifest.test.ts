import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { parse } from 'yaml';
import { eventsPath } from '../../../src/adapters/slack/slack-app.ts';
import { apiMethods } from '../../prow/slack/api-methods.ts';
import { startSlackWorld } from './slack-app-world.ts';

const folder = 'src/adapters/slack';

interface Manifest {
  display_information: { name: string; description: string };
  features: { slash_commands: { command: string; url: string; description: string; usage_hint: string }[] };
  oauth_config: { scopes: { bot: string[] } };
  settings: { interactivity: { is_enabled: boolean; request_url: string }; socket_mode_enabled: boolean };
}

async function readManifest(): Promise<Manifest> {
  return parse(await readFile(`${folder}/slack-manifest.yaml`, 'utf8')) as Manifest;
}

/** The methods of Slack's Web API that our code names, such as `views.open`. */
async function listCalled(): Promise<string[]> {
  const names = (await readdir(folder, { recursive: true })).filter((name) => name.endsWith('.ts'));
  const text = (await Promise.all(names.map((name) => readFile(`${folder}/${name}`, 'utf8')))).join('\n');
  const called = text.matchAll(
    /\b(?:(?:web|client)\.)?((?:chat|views|usergroups|auth|users|conversations)(?:\.[a-zA-Z]+)+)\(/g,
  );
  return [...new Set([...called].map(([, name = '']) => name))].filter((name) => name !== '');
}

test('the addresses are those at which we listen', async () => {
  const { features, settings } = await readManifest();
  const urls = [...features.slash_commands.map(({ url }) => url), settings.interactivity.request_url];
  assert.deepEqual(new Set(urls), new Set([`https://HOST${eventsPath}`]));
  assert.deepEqual([settings.interactivity.is_enabled, settings.socket_mode_enabled], [true, false]);
});

test('the scopes are those that our calls and commands need, and no others', async () => {
  const called = await listCalled();
  for (const name of ['chat.postMessage', 'chat.update', 'views.open', 'usergroups.users.list', 'auth.test'])
    assert.ok(called.includes(name), `${name} is not found in ${called.join(', ')}`);
  const needed = called.map((name) => {
    const method = apiMethods[name];
    assert.ok(method, `the stand-in does not know ${name}`);
    return method.needs;
  });
  const { scopes } = (await readManifest()).oauth_config;
  // A channel of the settings is public as a rule, and nobody has to invite the app then.
  const wanted = new Set(['commands', 'chat:write.public', ...needed.filter((scope) => scope !== null)]);
  assert.deepEqual(new Set(scopes.bot), wanted);
});

test('every word of the usage hint is answered, and no text is longer than Slack takes', async (t) => {
  const { features, display_information: shown } = await readManifest();
  assert.ok(shown.name.length <= 35 && shown.description.length <= 140);
  const [command] = features.slash_commands;
  assert.ok(command);
  assert.match(command.command, /^\/[a-z-]{1,31}$/);
  assert.ok(command.description.length <= 2_000 && command.usage_hint.length <= 1_000);
  const { people } = await startSlackWorld(t, { operators: ['U0DANA'] });
  for (const usage of command.usage_hint.split(' | ')) {
    const { body } = await people.command(usage);
    assert.equal(body.includes('What retrigger can be asked'), usage === 'help', usage);
    assert.doesNotMatch(body, /nothing I know/);
  }
});

test('help speaks of the command by the name under which it was asked', async (t) => {
  const { people } = await startSlackWorld(t);
  const form = new URLSearchParams({
    command: '/retrigger-staging',
    text: '',
    user_id: 'U1',
    response_url: 'https://hooks.slack.com/commands/x',
  });
  const { body } = await people.send(form.toString(), 'application/x-www-form-urlencoded');
  assert.match(body, /\/retrigger-staging status/);
});
