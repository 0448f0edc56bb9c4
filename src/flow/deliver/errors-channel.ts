import type { Board } from '../../report/channel-publisher.ts';
import type { Secret } from '../../secret.ts';
import type { Flow } from '../flow.ts';

/** Where the service posts its own problems. */
type ErrorsChannel =
  | { kind: 'address'; address: Secret }
  | { kind: 'channel'; board: Board; channel: string };

/**
 * The errors address if it is set, else the channel of the Slack app, else the address for all messages. `null`: none
 * is set.
 */
export function pickErrorsChannel({
  board,
  settings,
}: Pick<Flow, 'board' | 'settings'>): ErrorsChannel | null {
  const { slackWebhook, slackErrorsWebhook, slackChannel } = settings;
  if (slackErrorsWebhook !== null) return { kind: 'address', address: slackErrorsWebhook };
  if (board !== null && slackChannel !== null) return { kind: 'channel', board, channel: slackChannel };
  return slackWebhook === null ? null : { kind: 'address', address: slackWebhook };
}
