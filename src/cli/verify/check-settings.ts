import { type ServiceSelf, findSettingsWarnings } from '../../app/deployment.ts';
import type { Config } from '../../config/read-config.ts';
import { checkDoor, openDoor } from '../../flow/requests/verify-deployment.ts';
import { type Check, pass, fail, skip } from '../../report/verification.ts';
import type { Clients } from '../../app/clients.ts';
import type { ChannelPublisher } from '../../report/reporter.ts';
import type { Card, Message } from '../../report/message.ts';
import type { Secret } from '../../secret.ts';

/** The settings of the service that answered at `url`, as it reports them, and the differences in this shell. */
export function checkServiceSettings(config: Config, url: string, self: ServiceSelf): Check[] {
  const set = Object.entries(self.settings).flatMap(([name, shown]) => (shown.set ? [name] : []));
  const parts = [
    `of the service at ${url} (version ${self.version}): valid`,
    ...listDifferences(config, self).map((difference) => `this shell differs: ${difference}`),
    set.length === 0 ? 'all at their defaults' : `set there: ${set.join(', ')}`,
    ...formatWarnings(self.warnings),
    ...(isComplete(self) ? [] : ['with its RETRIGGER_API_TOKEN, verify would show all values and warnings']),
  ];
  const isOpen = self.settings['RETRIGGER_WEBHOOK_SECRET']?.set !== true;
  return [pass('settings', parts.join('; ')), checkDoor(isOpen)];
}

/** `asked`: why the service that answered is not the source; `null`: no service answered. */
export function checkShellSettings(config: Config, asked: string | null): Check[] {
  const whose = asked ?? 'no service answered';
  const parts = [`of this shell, because ${whose}: valid`, ...formatWarnings(findSettingsWarnings(config))];
  return [pass('settings', parts.join('; ')), checkDoor(config.webhookSecrets === null)];
}

/** The warning about the missing webhook secret has a line of its own. */
function formatWarnings(warnings: ServiceSelf['warnings']): string[] {
  return warnings.flatMap(({ setting, says }) => (says === openDoor ? [] : [`warning: ${setting}: ${says}`]));
}

/** If these differ, the checks of this command can differ from what the service experiences. */
const compared = [
  'RETRIGGER_GANGWAY_URL',
  'RETRIGGER_GANGWAY_TOKEN',
  'RETRIGGER_GCS_URL',
  'RETRIGGER_GCS_BUCKET',
  'RETRIGGER_SLACK_WEBHOOK_URL',
  'RETRIGGER_SLACK_ERRORS_WEBHOOK_URL',
  'SLACK_BOT_TOKEN',
  'RETRIGGER_SLACK_CHANNEL',
];

/** No other caller gets a value of this setting. */
function isComplete({ settings }: ServiceSelf): boolean {
  return settings['RETRIGGER_LISTEN_PORT']?.value !== undefined;
}

function listDifferences({ shown }: Config, { settings }: ServiceSelf): string[] {
  return compared.flatMap((name) => {
    const ours = shown.find((each) => each.name === name);
    const theirs = settings[name];
    if (ours === undefined || theirs === undefined) return [];
    const areKnown = typeof theirs.value === 'string' && ours.value !== null;
    if (areKnown && theirs.value === ours.value) return [];
    if (areKnown) return [`${name} is ${theirs.value} there and ${ours.value} here`];
    if (theirs.set === ours.isSet) return [];
    return [`${name} is ${theirs.set ? 'set' : 'not set'} there and ${ours.isSet ? 'set' : 'not set'} here`];
  });
}

/** A channel is proved by the message that is posted there. `isWanted`: whether any is. */
export async function checkWebhooks(
  config: Config,
  { reporter }: Pick<Clients, 'reporter'>,
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
  slackChannel: string | null,
  publisher: ChannelPublisher | null,
  card: Card,
  isWanted: boolean,
): Promise<Check[]> {
  const name = 'slack app';
  if (publisher === null) return [];
  if (!isWanted) return [skip(name, '--no-slack was given')];
  const { ok, says } = await publisher.check();
  if (!ok) return [fail(name, says)];
  if (slackChannel === null) return [skip(name, `${says}; RETRIGGER_SLACK_CHANNEL is not set`)];
  const written = await publisher.write(slackChannel, async () => ({ kind: 'card', card, ts: null }));
  if (written.kind === 'written') return [pass(name, `${says}; a message was posted in ${slackChannel}`)];
  const why = 'why' in written ? written.why : 'nothing was posted';
  return [fail(name, `${says}, but not in ${slackChannel}: ${why}`)];
}
