import type { TestContext } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { SocketServer } from '../adapters/slack/inbound/socket-server.ts';
import { commandForm, pressPayload } from '../prow/slack/slack-payloads.ts';
import type { ChannelMessage } from '../prow/slack/workspace.ts';
import { answered, operator, repeatSecrets } from './act-in-slack.ts';
import { listBodies } from './hostile-requests.ts';
import type { Secrets } from './mint-secrets.ts';
import type { World } from './start-world.ts';

interface Fixture {
  world: World;
  secrets: Secrets;
  env: Record<string, string>;
  /** With buttons. */
  card: ChannelMessage;
}

/** Starts the service anew in socket mode, has Slack refuse its token at first, and speaks with it over the line. */
export async function speakOverLine(t: TestContext, { world, secrets, env, card }: Fixture): Promise<void> {
  const { api } = world.prow.slack;
  const server = await new SocketServer().listen(t);
  api.socketUrl = server.url.replace('good-ticket', secrets.ticket);
  api.fail({ method: 'apps.connections.open', error: repeatSecrets(secrets) });
  api.fail({ method: 'apps.connections.open', status: 500, error: repeatSecrets(secrets) });
  env['SLACK_APP_TOKEN'] = secrets.app;
  await world.restart(env);
  for (const nth of [1, 2]) await goOnAfter(world, 'slack is not connected', nth);
  await untilSaid(world, 'slack refuses the app token', 1);
  api.tokens.allow(secrets.app);
  await goOnAfter(world, 'slack refuses the app token', 1);
  await untilSaid(world, 'slack connected', 1);

  for (const { body } of listBodies(secrets.stray)) server.sendText(body.slice(0, 10_000));
  const payload = commandForm(api, 'silences', operator, '');
  const envelope = { type: 'slash_commands', envelope_id: 'a', payload, accepts_response_payload: true };
  await answered(world, tell(server, envelope));
  const press = pressPayload(api, card, 'retry', operator);
  await answered(world, tell(server, { type: 'interactive', envelope_id: 'b', payload: press }));
}

async function tell(server: SocketServer, envelope: unknown): Promise<null> {
  server.send(envelope);
  return null;
}

/** Waits for the nth line of that kind, and lets the time pass after which the service tries again. */
async function goOnAfter(world: World, says: string, times: number): Promise<void> {
  const line = await untilSaid(world, says, times);
  const { retry_in_ms: waitMs } = JSON.parse(line) as { retry_in_ms: number };
  await setImmediate();
  world.clock.advance(waitMs);
}

async function untilSaid({ logs }: World, says: string, times: number): Promise<string> {
  for (;;) {
    const said = logs.filter((line) => line.includes(`"${says}"`))[times - 1];
    if (said !== undefined) return said;
    await setImmediate();
  }
}
