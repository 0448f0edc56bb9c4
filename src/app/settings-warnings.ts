import { type Config, hearsSlack } from '../config/read-config.ts';
import { openDoor } from '../flow/requests/verify-deployment.ts';

/** What a person may not have meant; the service does its work all the same. */
export interface Doubt {
  setting: string;
  says: string;
  /** It would help to guess a secret, so only callers who may change the service see it. */
  isPrivate?: true;
}

/** Characters; whoever writes a passphrase of several words has made several keys of it. */
const shortestKey = 16;

/** Settings that hold, and that do not come to what they are for. */
export function doubtSettings(config: Config): Doubt[] {
  return [...doubtDoor(config), ...doubtSecrets(config), ...doubtSlackApp(config), ...doubtAudience(config)];
}

function doubtDoor({ webhookSecrets }: Config): Doubt[] {
  return doubt(webhookSecrets === null, 'RETRIGGER_WEBHOOK_SECRET', openDoor);
}

function doubtSecrets({ secretKeys, webhookSecrets }: Config): Doubt[] {
  const isShort = (text: string): boolean => text.length < shortestKey;
  const doubts = [
    ...doubt(
      secretKeys.some((key) => isShort(key.reveal())),
      'RETRIGGER_SECRET_KEY',
      'a key is short enough to be guessed; commas and blanks stand between keys',
    ),
    ...doubt(
      webhookSecrets?.some(({ bearer }) => isShort(bearer.reveal())) === true,
      'RETRIGGER_WEBHOOK_SECRET',
      'a secret is short enough to be guessed; commas and blanks stand between secrets',
    ),
  ];
  return doubts.map((each) => ({ ...each, isPrivate: true }));
}

function doubtSlackApp(config: Config): Doubt[] {
  const { slackBotToken, slackChannel, slackSigningSecret, slackAppToken, slackOperators } = config;
  const hears = hearsSlack(config);
  if (slackBotToken === null) {
    return doubt(
      slackChannel !== null || hears || slackOperators !== null,
      'SLACK_BOT_TOKEN',
      'other settings of the Slack app are there, and it does nothing without its token',
    );
  }
  return [
    ...doubt(
      slackChannel === null,
      'RETRIGGER_SLACK_CHANNEL',
      'without a channel the Slack app posts only where a rule names one; incoming webhooks hear all',
    ),
    ...doubt(
      !hears,
      'SLACK_SIGNING_SECRET',
      'without it, or SLACK_APP_TOKEN, nobody can press a button or ask in Slack',
    ),
    ...doubt(
      slackSigningSecret !== null && slackAppToken !== null,
      'SLACK_APP_TOKEN',
      'socket mode is used, so /slack/events is closed and SLACK_SIGNING_SECRET is of no use',
    ),
    ...doubt(
      hears && slackOperators === null,
      'RETRIGGER_SLACK_OPERATORS',
      'while it is unset, whoever sees a message in Slack may press its buttons',
    ),
  ];
}

function doubtAudience({ slackWebhookUrl, slackBotToken, slackChannel }: Config): Doubt[] {
  const isHeard = slackWebhookUrl !== null || (slackBotToken !== null && slackChannel !== null);
  return doubt(
    !isHeard,
    'RETRIGGER_SLACK_WEBHOOK_URL',
    'people hear only of failures whose notification brings a Slack address',
  );
}

function doubt(isDoubtful: boolean, setting: string, says: string): Doubt[] {
  return isDoubtful ? [{ setting, says }] : [];
}
