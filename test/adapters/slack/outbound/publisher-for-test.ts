import type { TestContext } from 'node:test';
import { setImmediate as tick } from 'node:timers/promises';
import { SlackPublisher } from '../../../../src/adapters/slack/outbound/slack-publisher.ts';
import { createHttpClient, type HttpClient } from '../../../../src/http/http-client.ts';
import { createLogger } from '../../../../src/logging.ts';
import type { Card } from '../../../../src/report/message.ts';
import { Secret } from '../../../../src/secret.ts';
import { VirtualClock } from '../../../time/virtual-clock.ts';
import { prowForTest } from '../../../prow/prow-for-test.ts';
import { Slack } from '../../../prow/slack/slack.ts';

interface Bench {
  slack: Slack;
  http: HttpClient;
  apiUrl: string;
  clock: VirtualClock;
}

export const aCard: Card = {
  tone: 'waiting',
  title: 'Scheduled: a-job failed in pre',
  facts: [{ name: 'Phase', text: 'pre' }],
  lines: ['Why <b> & how.'],
  links: [{ text: 'failed run', url: 'https://prow/1' }],
  actions: { chainId: 'a-chain', of: ['cancel'] },
};

/** A publisher over the stand-in, which has a channel `ci`; the log's lines as they came. */
function buildBoard({ slack, http, apiUrl, clock }: Bench, token = slack.api.botToken, canAct = true) {
  const logged: string[] = [];
  const log = createLogger('trace', { write: (line) => void logged.push(line) });
  slack.api.tokens.allow(token);
  const ci = slack.api.addChannel('ci');
  const publisher = new SlackPublisher({ token: new Secret(token), apiUrl, http, clock, log, canAct });
  const post = (channel = '#ci', card = aCard) =>
    publisher.write(channel, () => Promise.resolve({ kind: 'card', card, ts: null }));
  const rewrite = (channel: string, ts: string, card = aCard) =>
    publisher.write(channel, () => Promise.resolve({ kind: 'card', card, ts }));
  const reply = (channel: string, under: string, lines: string[] = ['It passed.']) =>
    publisher.write(channel, () =>
      Promise.resolve({
        kind: 'reply',
        under,
        message: { audience: 'people', title: 'a turn', lines, links: [] },
      }),
    );
  return { slack, api: slack.api, clock, publisher, post, rewrite, reply, logged, ci };
}

/** Over a port, where calls are as they are. */
export async function boardOnPort(t: TestContext, token?: string) {
  const { prow, clock } = await prowForTest(t);
  const http = createHttpClient(clock);
  t.after(() => http.close());
  return buildBoard({ slack: prow.slack, http, apiUrl: `${prow.slackUrl}/api`, clock }, token);
}

/** Without a port, where nothing passes but the time of the clock. */
export function boardInMind(canAct = true) {
  const clock = new VirtualClock();
  const slack = new Slack(clock);
  const apiUrl = 'https://slack.com/api';
  return buildBoard({ slack, http: callInMind(slack), apiUrl, clock }, slack.api.botToken, canAct);
}

/** Lets time pass until all is done. */
export async function pass(clock: VirtualClock, ms: number): Promise<void> {
  const end = clock.now() + ms;
  const settle = async (): Promise<void> => {
    for (let turns = 0; turns < 20; turns += 1) await tick();
  };
  for (;;) {
    await settle();
    const due = clock.nextDue();
    if (due === null || due > end) break;
    clock.advanceTo(due);
  }
  clock.advanceTo(end);
}

function callInMind(slack: Slack): HttpClient {
  return {
    close: () => Promise.resolve(),
    call({ method, url, headers = {}, body = '' }) {
      const named = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]);
      const { pathname: path } = new URL(url);
      const reply = slack.answer({
        method,
        path,
        headers: Object.fromEntries(named),
        body: Buffer.from(body),
      });
      if (reply.kind === 'reset') return Promise.resolve({ kind: 'broken', why: 'ECONNRESET' });
      const { 'retry-after': after } = reply.headers;
      return Promise.resolve({
        kind: 'answered',
        status: reply.status,
        headers: reply.headers,
        retryAfterMs: after === undefined ? null : Number(after) * 1000,
        body: ReadableStream.from([reply.body]),
        text: () => Promise.resolve(reply.body.toString()),
        drop() {},
      });
    },
  };
}
