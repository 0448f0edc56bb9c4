import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import express, { type ErrorRequestHandler } from 'express';
import { answerLines } from '../../../src/report/answers.ts';
import { renderCard } from '../../../src/adapters/slack/render/render-card.ts';
import { createSlackApp } from '../../../src/adapters/slack/slack-app.ts';
import type { SlackConfig, SlackDeps } from '../../../src/adapters/slack/slack-deps.ts';
import { sendProblem } from '../../../src/adapters/express/problem.ts';
import { SystemClock } from '../../../src/adapters/system/system-clock.ts';
import { createHttpClient } from '../../../src/http/http-client.ts';
import { compileGlob } from '../../../src/job/glob.ts';
import { createLogger } from '../../../src/logging.ts';
import type { Card, CardAction } from '../../../src/report/message.ts';
import { Secret } from '../../../src/secret.ts';
import { MemoryChainStore } from '../../chain/memory-chain-store.ts';
import { scheduled, now as chainTime } from '../../chain/chains.ts';
import { VirtualClock } from '../../time/virtual-clock.ts';
import { Slack } from '../../prow/slack/slack.ts';
import { SlackPeople } from '../../prow/slack/slack-people.ts';
import { MemorySilenceStore } from '../../rules/decide/memory-silence-store.ts';

export const dana = 'U0DANA';
export const chain = scheduled;

const card: Card = {
  tone: 'waiting',
  title: `Scheduled · ${chain.jobName}`,
  facts: [],
  lines: ['It failed.'],
  links: [],
  actions: { chainId: chain.id, of: ['retry', 'cancel', 'silence'] },
};

/** Slack's stand-in, and the app with doubles of what it asks of the service; the clock stands still. */
export async function startSlackWorld(
  t: TestContext,
  config: Partial<SlackConfig> = {},
  deps: Partial<SlackDeps> = {},
) {
  const clock = new VirtualClock(chainTime);
  const slack = new Slack(clock);
  const outside = await slack.listen();
  const http = createHttpClient(new SystemClock());
  const { api } = slack;
  const store = new MemoryChainStore();
  store.put(chain);
  const silences = new MemorySilenceStore();
  const lines: string[] = [];
  const done: string[] = [];
  const log = createLogger('trace', { write: (line) => void lines.push(line) });
  const app = createSlackApp({
    store,
    silences,
    cancel: async (id, by) => (done.push(`cancel ${id} by ${by}`), { kind: 'done', chain }),
    retry: async (id, by) => (done.push(`retry ${id} by ${by}`), { kind: 'done', chain }),
    async silence(id, { until, author, comment }) {
      const silence = { id: 'a-silence', job: chain.jobName, until, author, comment };
      await silences.add(silence);
      done.push(`silence ${id} by ${author}: ${comment}`);
      return silence;
    },
    explain: async (words) => answerLines(`Read ${words.join(' ')}.`, []),
    trigger: async (job, by) => (
      done.push(`trigger ${job} by ${by}`),
      answerLines(`${job} was triggered.`, [])
    ),
    digest: async () => ({ ...card, title: 'The last seven days' }),
    matchGlob: compileGlob,
    http,
    clock,
    log,
    ...deps,
    config: {
      token: new Secret(api.botToken),
      inbound: { kind: 'http', signingSecret: new Secret(api.signingSecret) },
      apiUrl: `${slack.origin}/api`,
      prowUrl: 'https://prow.ci.openshift.org',
      operators: null,
      ...config,
    },
  });
  const url = await serve(t, app);
  t.after(async () => {
    await app.stop();
    await http.close();
    await outside.close();
  });
  api.addChannel('ci');
  return {
    app,
    api,
    store,
    silences,
    clock,
    lines,
    done,
    url,
    people: new SlackPeople(api, { url: `${url}/slack/events` }),
    /** The chain's card as it stands in the channel. */
    post: (of: readonly CardAction[] = ['retry', 'cancel', 'silence']) => {
      const rendered = renderCard({ ...card, actions: { chainId: chain.id, of: [...of] } }, true);
      const { id } = api.addChannel(`ci-${api.workspace.channels.length}`);
      return api.workspace.write({
        channel: id,
        userId: 'U0RETRIGGR',
        botId: 'B00000000',
        text: rendered.text,
        blocks: structuredClone(rendered.blocks) as never,
        attachments: structuredClone(rendered.attachments) as never,
      });
    },
    /** What a person alone was told, the nth time. */
    async told(user: string, nth = 1): Promise<string> {
      let count = 0;
      const response = await api.whenResponse((each) => each.user === user && ++count >= nth);
      assert.equal(response.error, null);
      const { payload } = response;
      assert.ok(payload);
      assert.equal(payload['response_type'], 'ephemeral');
      assert.equal(payload['replace_original'], false);
      return api.read(api.ephemerals(user).at(-1)!);
    },
    readLines: () => lines.map((line) => JSON.parse(line) as Record<string, unknown>),
  };
}

export type SlackWorld = Awaited<ReturnType<typeof startSlackWorld>>;

async function serve(t: TestContext, slackApp: ReturnType<typeof createSlackApp>): Promise<string> {
  const app = express();
  slackApp.mount(app, sendProblem);
  app.use((_request, response) => void response.status(404).end());
  const endQuietly: ErrorRequestHandler = (_error, _request, response, _next) => void response.destroy();
  app.use(endQuietly);
  const server = createServer(app);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Nothing that gives somebody power over us stands in what we say or log. */
export function holdSecrets({ api, lines }: SlackWorld, ...answers: string[]): void {
  const urls = /\/(?:commands|actions)\/T/;
  for (const text of [...lines, ...answers]) {
    for (const secret of [api.botToken, api.appToken, api.signingSecret])
      assert.ok(!text.includes(secret), `the secret shows: ${text}`);
    assert.doesNotMatch(text, urls);
  }
}
