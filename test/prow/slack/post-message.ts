import { type ApiCall, done, missing, type Outcome, refused, refusedFor } from './api-call.ts';
import { fieldsOf } from './check-blocks.ts';
import { refuseMessage } from './check-message.ts';
import type { Fields } from './shape.ts';
import { appId, type Channel, type ChannelMessage, teamId } from './workspace.ts';

export function postMessage(call: ApiCall): Outcome {
  const { args, token, now, slack } = call;
  const channel = openChannel(call);
  if ('kind' in channel) return channel;
  const refusal = refuseMessage(args);
  if (refusal !== null) return refusedFor(refusal.error, refusal.problems);
  const thread = threadOf(call, channel.id);
  if (typeof thread === 'string') return refused(thread);
  const wait = slack.limits.admitPost(channel.id, now);
  if (wait !== null) return { kind: 'slow-down', retryAfter: wait };
  const { botId, userId } = token;
  const message = slack.workspace.write({
    ...contentOf(args),
    channel: channel.id,
    threadTs: thread.ts,
    botId,
    userId,
  });
  slack.limits.notePosted(channel.id, now);
  return done({ channel: channel.id, ts: message.ts, message: printMessage(message) });
}

/** Only one person sees it, and it can't be rewritten; it has no `ts` but a `message_ts`. */
export function postEphemeral(call: ApiCall): Outcome {
  const { args, token, slack } = call;
  const { user } = args;
  if (typeof user !== 'string' || user === '') return missing('user');
  const channel = openChannel(call);
  if ('kind' in channel) return channel;
  const refusal = refuseMessage(args);
  if (refusal !== null) return refusedFor(refusal.error, refusal.problems);
  const { botId, userId } = token;
  const threadTs = typeof args['thread_ts'] === 'string' ? args['thread_ts'] : null;
  const message = slack.workspace.write({
    ...contentOf(args),
    channel: channel.id,
    threadTs,
    botId,
    userId,
    visibleTo: user,
  });
  return done({ message_ts: message.ts });
}

/** A message as the API and the payloads of interactions show it. */
export function printMessage(message: ChannelMessage): Fields {
  const { text, ts, threadTs, userId, botId, blocks, attachments } = message;
  return {
    type: 'message',
    text,
    ts,
    user: userId,
    ...(botId === null ? {} : { bot_id: botId, app_id: appId }),
    team: teamId,
    ...(threadTs === null ? {} : { thread_ts: threadTs }),
    ...(blocks.length === 0 ? {} : { blocks }),
    ...(attachments.length === 0
      ? {}
      : { attachments: attachments.map((attachment, index) => ({ id: index + 1, ...attachment })) }),
  };
}

export function contentOf({
  text,
  blocks,
  attachments,
}: Fields): Pick<ChannelMessage, 'text' | 'blocks' | 'attachments'> {
  return {
    text: typeof text === 'string' ? text : '',
    blocks: fieldsOf(blocks),
    attachments: fieldsOf(attachments),
  };
}

/** The channel, if the app may write there. */
function openChannel({ args, token, slack }: ApiCall): Channel | Outcome {
  if (args['channel'] === undefined || args['channel'] === '') return missing('channel');
  const channel = slack.workspace.findChannel(args['channel']);
  if (channel === null || (channel.isPrivate && !channel.isMember)) return refused('channel_not_found');
  if (channel.isArchived) return refused('is_archived');
  const mayPost = channel.isMember || token.scopes.includes('chat:write.public');
  return mayPost ? channel : refused('not_in_channel');
}

/** The message to reply to (`ts: null`: to none), or Slack's error. */
function threadOf({ args, slack }: ApiCall, channel: string): { ts: string | null } | string {
  const ts = args['thread_ts'];
  if (ts === undefined || ts === '') return { ts: null };
  const parent = slack.workspace.find(channel, ts);
  if (parent === null) return slack.unthreadsOrphans ? { ts: null } : 'thread_not_found';
  return parent.threadTs === null ? { ts: parent.ts } : 'cannot_reply_to_message';
}
