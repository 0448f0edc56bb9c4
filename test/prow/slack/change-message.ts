import { type ApiCall, done, missing, type Outcome, refused, refusedFor } from './api-call.ts';
import { refuseMessage } from './check-message.ts';
import { contentOf, printMessage } from './post-message.ts';
import type { Fields } from './shape.ts';
import type { ChannelMessage } from './workspace.ts';

/** Characters of `text`; a new message may have ten times as many. */
const maxText = 4000;

/**
 * Attachments that are left out are kept, an empty list removes them. Blocks that are left out are kept where there is
 * no `text` either; `text` alone replaces them.
 */
export function updateMessage(call: ApiCall): Outcome {
  const { args } = call;
  const message = ownMessage(call, 'cant_update_message');
  if ('kind' in message) return message;
  const asked = refuseMessage(args, maxText);
  // An empty list of attachments is something to do.
  if (asked !== null && !(asked.error === 'no_text' && Array.isArray(args['attachments'])))
    return refusedFor(asked.error, asked.problems);
  const next = { ...contentOf(args), ...keptOf(args, message) };
  const refusal = refuseMessage({ ...next }, maxText);
  if (refusal !== null) return refusedFor(refusal.error, refusal.problems);
  Object.assign(message, next, { edits: message.edits + 1 });
  const { channel, ts, text } = message;
  return done({ channel, ts, text, message: printMessage(message) });
}

export function deleteMessage(call: ApiCall): Outcome {
  const message = ownMessage(call, 'cant_delete_message');
  if ('kind' in message) return message;
  call.slack.workspace.delete(message);
  return done({ channel: message.channel, ts: message.ts });
}

function keptOf({ text, blocks, attachments }: Fields, message: ChannelMessage): Partial<ChannelMessage> {
  return {
    ...(attachments === undefined ? { attachments: message.attachments } : {}),
    ...(blocks === undefined && text === undefined ? { blocks: message.blocks, text: message.text } : {}),
  };
}

/** The message by channel id and `ts`; `notOurs` is the error for somebody else's. */
function ownMessage({ args, token, slack }: ApiCall, notOurs: string): ChannelMessage | Outcome {
  const { channel, ts } = args;
  if (channel === undefined) return missing('channel');
  if (ts === undefined) return missing('ts');
  const found = slack.workspace.channels.find(({ id }) => id === channel);
  if (found === undefined || (found.isPrivate && !found.isMember)) return refused('channel_not_found');
  const message = slack.workspace.find(channel, ts);
  if (message === null) return refused('message_not_found');
  if (message.botId !== token.botId) return refused(notOurs);
  return found.isArchived ? refused('is_archived') : message;
}
