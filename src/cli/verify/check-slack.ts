import type { Outside } from '../../app/clients.ts';
import type { Config } from '../../config/read-config.ts';
import type { Board } from '../../report/channel-publisher.ts';
import type { Card } from '../../report/card.ts';
import { type Check, fail, pass, skip } from '../../report/check.ts';
import type { Message } from '../../report/message.ts';
import type { Secret } from '../../secret.ts';

/** A channel is proved by the message that is posted there. `isWanted`: whether any is. */
export async function checkWebhooks(
  config: Config,
  { reporter }: Pick<Outside, 'reporter'>,
  message: Message,
  isWanted: boolean,
): Promise<Check[]> {
  const checks: Check[] = [];
  for (const { name, setting, pick } of webhooks) {
    const address = pick(config);
    if (address === null) checks.push(skip(name, `${setting} is not set: notifications bring their own`));
    else if (!isWanted) checks.push(skip(name, '--no-slack was given'));
    else {
      const delivery = await reporter.deliver(message, address);
      checks.push(
        delivery.kind === 'delivered' ? pass(name, 'a message was posted') : fail(name, delivery.why),
      );
    }
  }
  return checks;
}

interface Webhook {
  name: string;
  setting: string;
  pick: (config: Config) => Secret | null;
}

const webhooks: readonly Webhook[] = [
  { name: 'slack', setting: 'RETRIGGER_SLACK_WEBHOOK_URL', pick: (config) => config.slackWebhookUrl },
  {
    name: 'slack errors',
    setting: 'RETRIGGER_SLACK_ERRORS_WEBHOOK_URL',
    pick: (config) => config.slackErrorsWebhookUrl,
  },
];

/** The Slack app: whether its token is taken, and whether it may write to its channel. No check where there is none. */
export async function checkSlackApp(
  { slackChannel }: Pick<Config, 'slackChannel'>,
  board: Board | null,
  card: Card,
  isWanted: boolean,
): Promise<Check[]> {
  const name = 'slack app';
  if (board === null) return [];
  if (!isWanted) return [skip(name, '--no-slack was given')];
  const { ok, says } = await board.check();
  if (!ok) return [fail(name, says)];
  if (slackChannel === null) return [skip(name, `${says}; RETRIGGER_SLACK_CHANNEL is not set`)];
  const written = await board.write(slackChannel, async () => ({ kind: 'card', card, ts: null }));
  if (written.kind === 'written') return [pass(name, `${says}; a message was posted in ${slackChannel}`)];
  const why = 'why' in written ? written.why : 'nothing was posted';
  return [fail(name, `${says}, but not in ${slackChannel}: ${why}`)];
}
