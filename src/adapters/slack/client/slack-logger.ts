import { LogLevel, type Logger as SlackLogger } from '@slack/bolt';
import type { Logger } from '../../../logging.ts';

const longestText = 500;

/**
 * What Slack's library has to say, in our log: warnings at the most, as whoever called knows better what a fault means.
 * Objects, which may be a whole request, are left out; what looks like a token or an address is cut from the rest.
 */
export function slackLogger(log: Logger): SlackLogger {
  const say = (parts: unknown[]): void => log.warn({ says: describe(parts) }, "slack's library warns");
  return {
    debug() {},
    info() {},
    warn: (...parts: unknown[]) => say(parts),
    error: (...parts: unknown[]) => say(parts),
    setLevel() {},
    setName() {},
    getLevel: () => LogLevel.WARN,
  };
}

function describe(parts: unknown[]): string {
  const texts = parts.flatMap((part) => {
    if (part instanceof Error) return [part.message];
    return typeof part === 'string' ? [part] : [];
  });
  return hideSecrets(texts.join(' ')).slice(0, longestText);
}

/** Slack's tokens (`xoxb-…`, `xapp-…`), and whole addresses, as one that answers a press is a secret. */
function hideSecrets(text: string): string {
  return text
    .replaceAll(/\b\w+:\/\/\S+/g, '<address>')
    .replaceAll(/\bx(?:ox[a-z]|app)[-.][\w.-]*/gi, '<secret>')
    .replaceAll(/\bbearer\s+\S+/gi, '<secret>');
}
