import assert from 'node:assert/strict';
import { readdir, readFile, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import type { Command } from 'commander';
import express from 'express';
import { createHttpApp } from '../../src/adapters/express/http-app.ts';
import type { HttpDeps } from '../../src/adapters/express/http-deps.ts';
import { closedStates } from '../../src/chain/transitions.ts';
import { createProgram } from '../../src/cli/program.ts';
import { settings } from '../../src/config/settings.ts';
import type { RunPlan } from '../prow/cluster/run-plan.ts';
import type { Delivery, ServiceAnswer } from '../prow/slack/deliver.ts';
import { echoes, type GangwayCall, startEchoingGangway } from './echoing-gangway.ts';
import { actInSlack, group, operator, repeatSecrets } from './act-in-slack.ts';
import { SecretsSeen } from './secrets-seen.ts';
import { type HostileRequest, listHostileRequests } from './hostile-requests.ts';
import { mintSecrets, type Secrets } from './mint-secrets.ts';
import { commands, runCommands } from './run-all-commands.ts';
import { speakOverLine } from './speak-over-line.ts';
import { World } from './start-world.ts';

const addresses = ['/openshift-ci-re-trigger', '/openshift_ci_job_trigger'] as const;

/** Each route of the router must be among these, so that a new one is driven, too. */
const routes = [
  '/healthcheck',
  '/readyz',
  '/slack/events',
  ...addresses,
  '/api/v1/chains',
  '/api/v1/chains/:id',
  '/api/v1/chains/:id/cancel',
  '/api/v1/chains/:id/retry',
  '/api/v1/silences',
  '/api/v1/silences/:id',
];

/** Settings that hold a secret, and that the service is not given here. */
const notGiven: Record<string, string> = {
  RETRIGGER_DATABASE_URL: 'whoever sets it gets no service; a command is started with it',
};

const passing: RunPlan[] = [{ outcome: 'fail-pre' }, { outcome: 'pass' }];

interface Fixture {
  t: TestContext;
  world: World;
  secretsSeen: SecretsSeen;
  secrets: Secrets;
  /** The settings, secrets among them, as the service has them. */
  env: Record<string, string>;
  gangwayCalls: GangwayCall[];
  answers: string[];
  /** Every file as it was after each notification: a chain that has ended keeps no token. */
  stored: string[];
}

async function setUp(t: TestContext): Promise<Fixture> {
  const secretsSeen = new SecretsSeen();
  const secrets = mintSecrets(secretsSeen);
  const key = {
    RETRIGGER_SECRET_KEY: `${secrets.key},${secrets.olderKey}`,
    RETRIGGER_TRUST_PROXY: '1',
  };
  const world = await World.start(t, { prow: { token: secrets.caller }, env: key });
  world.prow.gangway.allow(secrets.own);
  const { api } = world.prow.slack;
  api.tokens.allow(secrets.bot);
  api.addChannel('ci-retries');
  learnAddresses(t, world, secretsSeen);
  const gangway = await startEchoingGangway(t, world.prow.gangwayUrl);
  const env = {
    ...key,
    RETRIGGER_GANGWAY_URL: gangway.url,
    RETRIGGER_GANGWAY_TOKEN: secrets.own,
    RETRIGGER_WEBHOOK_SECRET: secrets.webhookSecret,
    RETRIGGER_API_TOKEN: secrets.apiToken,
    RETRIGGER_SLACK_WEBHOOK_URL: world.prow.slack.hook(secrets.ownHook),
    RETRIGGER_SLACK_ERRORS_WEBHOOK_URL: world.prow.slack.hook(secrets.ownErrorsHook),
    SLACK_BOT_TOKEN: secrets.bot,
    SLACK_SIGNING_SECRET: secrets.signing,
    RETRIGGER_SLACK_API_URL: `${world.prow.slackUrl}/api`,
    RETRIGGER_SLACK_CHANNEL: '#ci-retries',
    RETRIGGER_SLACK_OPERATORS: `${operator},${group}`,
  };
  await world.restart(env);
  return { t, world, secretsSeen, secrets, env, gangwayCalls: gangway.calls, answers: [], stored: [] };
}

/** Who knows an address at which Slack takes answers can write there in our name. */
function learnAddresses(t: TestContext, { prow }: World, secretsSeen: SecretsSeen): void {
  const { responseUrls } = prow.slack.api;
  const issue = responseUrls.issue.bind(responseUrls);
  t.mock.method(responseUrls, 'issue', (to: Parameters<typeof issue>[0]) => {
    const address = issue(to);
    secretsSeen.learn(`the address ${address}`, address.slice(-24));
    return address;
  });
}

/** Asks, and keeps all of the answer. */
async function ask(
  { world, answers }: Fixture,
  { method, path, headers, body }: HostileRequest,
): Promise<Response> {
  // Each from another address, or the limit of visits would answer most of them.
  const from = {
    'x-forwarded-for': `10.${answers.length >> 16}.${(answers.length >> 8) & 255}.${answers.length & 255}`,
  };
  const init: RequestInit = { method, headers: { ...headers, ...from }, redirect: 'manual' };
  const response = await fetch(world.service.url + path, body === undefined ? init : { ...init, body });
  answers.push(
    JSON.stringify([response.status, response.statusText, ...response.headers]) +
      (await response.clone().text()),
  );
  return response;
}

async function notify(
  fixture: Fixture,
  job: string,
  run: { buildId: string; prowJobId: string },
  path: string,
) {
  const { secrets, world } = fixture;
  const { slack } = world.prow;
  const body = JSON.stringify({
    job_name: job,
    build_id: run.buildId,
    prow_job_id: run.prowJobId,
    trigger_token: secrets.caller,
    token: secrets.caller,
    slack_webhook_url: job.endsWith('-x') ? '' : slack.hook(secrets.hook),
    slack_errors_webhook_url: job.endsWith('-x') ? '' : slack.hook(secrets.errorsHook),
  });
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${secrets.webhookSecret}` };
  const response = await ask(fixture, { method: 'POST', path, headers, body });
  assert.ok(response.ok, `${response.status} ${await response.text()}`);
  fixture.stored.push(...(await world.readFiles()));
}

/** Chains that come to every end there is, with a Gangway and a Slack that repeat what they were sent. */
async function liveThroughEveryEnd(fixture: Fixture): Promise<void> {
  const { world, secrets } = fixture;
  const { prow } = world;
  const leak = `curl -H "Authorization: Bearer ${secrets.webhookSecret}"`;
  const plans: Record<string, RunPlan[]> = {
    'periodic-passing': passing,
    'periodic-passing-x': passing,
    'periodic-failing': [{ outcome: 'fail-pre' }],
    'periodic-testing': [{ outcome: 'fail-test', message: leak }],
    ...Object.fromEntries(Object.keys(echoes).map((echo) => [`periodic-${echo}`, passing])),
  };
  const overridden = {
    annotations: { executor: 'gangway' },
    envs: { RELEASE_IMAGE_LATEST: `registry/${secrets.override}`, DEPLOY_TOKEN: secrets.override },
    args: [`--multi-stage-param=PASSWORD=${secrets.override}`, '--multi-stage-param', secrets.override],
  };
  let older = false;
  prow.onReTriggerStep = (run) => {
    older = !older;
    return notify(fixture, run.jobName, run, addresses[older ? 1 : 0]);
  };
  for (const status of [500, 404, 403, 'drop-after'] as const) {
    prow.slack.fail({ status, body: `no hook ${secrets.hook} or ${secrets.errorsHook}`, times: 2 });
  }
  for (const method of ['chat.postMessage', 'chat.update']) {
    for (const status of [200, 403, 500, 'drop-after'] as const) {
      prow.slack.api.fail({ method, status, error: repeatSecrets(secrets) });
    }
  }
  for (const [name, plan] of Object.entries(plans)) {
    prow.defineJob({ name, type: 'periodic', plan });
    prow.startRun(name, overridden);
  }
  await world.until('every chain has ended and is told', async () => {
    const unsettled = await world.service.store.listUnsettled();
    return prow.runs.length > Object.keys(plans).length && unsettled.length === 0;
  });
  const states = new Set((await world.chains()).map(({ state }) => state));
  assert.deepEqual([...states].toSorted(), [...closedStates].toSorted());
}

async function askEverything(fixture: Fixture): Promise<void> {
  const chains = await fixture.world.chains();
  const ids = chains.slice(0, 2).map(({ id }) => id);
  const requests = [...routes, '/nowhere'].flatMap((route) =>
    listHostileRequests(route, ids, fixture.secrets),
  );
  for (const request of requests) await ask(fixture, request);
  const statuses = new Set(fixture.answers.map((answer) => Number(/\d+/.exec(answer)?.[0])));
  for (const status of [200, 202, 400, 401, 404, 405, 409, 413, 415, 422])
    assert.ok(statuses.has(status), `no ${status}`);
  assert.ok(!statuses.has(500));
}

async function deliver(fixture: Fixture, { url, headers, body }: Delivery): Promise<ServiceAnswer> {
  const { pathname: path } = new URL(url);
  const response = await ask(fixture, { method: 'POST', path, headers, body });
  return {
    status: response.status,
    headers: Object.fromEntries(response.headers),
    body: await response.text(),
  };
}

/** Cuts every document in half while the service is away. */
async function damageTheStore({ world, env }: Fixture): Promise<void> {
  await world.service.close();
  const jobs = join(world.directory, 'data', 'jobs');
  for (const name of await readdir(jobs)) {
    const { length } = await readFile(join(jobs, name));
    await truncate(join(jobs, name), length >> 1);
  }
  await world.restart(env);
  assert.ok(world.logs.some((line) => line.includes('damaged document set aside')));
}

test('the routes that are driven are all that the router has', (t) => {
  const known = new Set<string>();
  // What is routed or mounted anywhere comes by here.
  const { prototype } = express.Router as unknown as {
    prototype: Record<'route' | 'use', (...args: unknown[]) => unknown>;
  };
  for (const verb of ['route', 'use'] as const) {
    const real = prototype[verb];
    t.mock.method(prototype, verb, function add(this: unknown, ...args: unknown[]) {
      if (typeof args[0] === 'string' && args[0] !== '/') known.add(args[0]);
      return real.apply(this, args);
    });
  }
  createHttpApp({ config: { webhookSecrets: null, notificationRate: null } } as unknown as HttpDeps);
  assert.deepEqual([...known].toSorted(), routes.toSorted());
});

test('the commands that are run are all that there are', () => {
  const list = ({ commands: below }: Readonly<Pick<Command, 'commands'>>, name: string): string[] =>
    below.length === 0 ? [name] : below.flatMap((each) => list(each, `${name} ${each.name()}`.trim()));
  const quiet = { out: () => {}, err: () => {} };
  assert.deepEqual(
    list(createProgram({ terminal: quiet, finish: () => {}, env: {} }), '').toSorted(),
    Object.keys(commands).toSorted(),
  );
});

test(
  'no token, secret, key or Slack address shows anywhere, whatever is asked and whatever goes wrong',
  { timeout: 120_000 },
  async (t) => {
    const fixture = await setUp(t);
    const { world, secretsSeen, secrets, gangwayCalls, answers } = fixture;
    const { slack } = world.prow;
    await liveThroughEveryEnd(fixture);
    const card = await actInSlack({ world, secrets, deliver: (delivery) => deliver(fixture, delivery) });
    await askEverything(fixture);
    const files = await world.readFiles();
    await damageTheStore(fixture);
    await speakOverLine(t, { ...fixture, card });
    slack.api.fail({ method: 'auth.test', error: repeatSecrets(secrets) });
    const output = await runCommands(t, world, fixture.env, secrets);

    // The secrets were at work: nothing of this would show that they are well kept if they had not been there.
    assert.deepEqual(new Set(gangwayCalls.map(({ token }) => token)), new Set([secrets.caller, secrets.own]));
    const carried = gangwayCalls.filter(({ envs }) => envs['DEPLOY_TOKEN'] === secrets.override);
    assert.ok(carried.length > 5, `${carried.length} attempts carried it`);
    assert.ok(answers.some((answer) => answer.includes('carries over RELEASE_IMAGE_LATEST, DEPLOY_TOKEN')));
    const hooks = [secrets.hook, secrets.errorsHook, secrets.ownHook].filter((hook) =>
      slack.delivered.some(({ path }) => path.includes(hook)),
    );
    assert.equal(hooks.length, 3);
    const secret = settings.filter(({ isSecret }) => isSecret).map(({ name }) => name);
    assert.deepEqual(
      secret.filter((name) => !(name in fixture.env)).toSorted(),
      Object.keys(notGiven).toSorted(),
    );

    const shown: Record<string, readonly string[]> = {
      'log lines': world.logs,
      'HTTP answers': answers,
      'Slack messages': slack.messages.map(({ payload }) => JSON.stringify(payload)),
      "calls to Slack's app": slack.api.calls.map(({ method, args }) => JSON.stringify([method, args])),
      'channels, messages in them': slack.api.workspace.messages.map((message) => JSON.stringify(message)),
      'answers to people': slack.api.responses.map(({ payload }) => JSON.stringify(payload)),
      'calls to Gangway': gangwayCalls.map(({ shown: each }) => each),
      'reads of the bucket': world.prow.bucket.calls.map(({ path }) => path),
      files: [...fixture.stored, ...files, ...(await world.readFiles())],
      'names of files': await readdir(world.directory, { recursive: true }),
      'output of commands': output,
    };
    for (const [where, texts] of Object.entries(shown)) {
      assert.ok(texts.length > 5, `${where}: ${texts.length}`);
      for (const text of texts)
        assert.deepEqual(
          secretsSeen.find(Buffer.from(text, 'latin1')),
          [],
          `in the ${where}: ${text.slice(0, 2_000)}`,
        );
    }
  },
);
