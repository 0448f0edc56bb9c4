import type { OpenView } from './api-call.ts';
import { fillView, type Filled } from './fill-view.ts';
import { printMessage } from './post-message.ts';
import { findAction } from './pressed-action.ts';
import type { Fields } from './shape.ts';
import type { SlackApi } from './slack-api.ts';
import { appId, type ChannelMessage, teamId } from './workspace.ts';

const team = { id: teamId, domain: 'retrigger' };
/** Slack's verification token of old. */
const token = 'verification-token';
const installed = { api_app_id: appId, token, is_enterprise_install: false, enterprise: null };

/** `block_actions`: somebody presses what the message shows. */
export function pressPayload(api: SlackApi, message: ChannelMessage, actionId: string, user: string): Fields {
  const { channel: channelId, ts, threadTs, visibleTo } = message;
  const { action, attachmentId } = findAction(message, actionId, api.workspace.nextTs());
  const isEphemeral = visibleTo !== null;
  return {
    type: 'block_actions',
    user: printUser(user),
    ...installed,
    container: {
      type: attachmentId === null ? 'message' : 'message_attachment',
      message_ts: ts,
      ...(attachmentId === null ? {} : { attachment_id: attachmentId, is_app_unfurl: false }),
      channel_id: channelId,
      is_ephemeral: isEphemeral,
      ...(threadTs === null ? {} : { thread_ts: threadTs }),
    },
    trigger_id: api.triggers.issue(user, api.workspace.now()),
    team,
    channel: { id: channelId, name: nameOf(api, channelId) },
    ...(isEphemeral ? {} : { message: printMessage(message) }),
    state: { values: {} },
    response_url: api.responseUrls.issue({
      kind: 'actions',
      channel: channelId,
      user,
      message: api.workspace.messages.find((other) => other.channel === channelId && other.ts === ts) ?? null,
    }),
    actions: [action],
  };
}

/** `view_submission`: somebody submits a modal. */
export function submitPayload(api: SlackApi, { id, view }: OpenView, filled: Filled, user: string): Fields {
  return {
    type: 'view_submission',
    team,
    user: printUser(user),
    ...installed,
    trigger_id: api.triggers.issue(user, api.workspace.now()),
    view: {
      private_metadata: '',
      callback_id: '',
      external_id: '',
      close: null,
      submit: null,
      clear_on_close: false,
      notify_on_close: false,
      ...view,
      id,
      team_id: teamId,
      state: { values: fillView(view, filled) },
      hash: `${api.workspace.nextTs()}.abcdefgh`,
      previous_view_id: null,
      root_view_id: id,
      app_id: appId,
      app_installed_team_id: teamId,
      bot_id: 'B00000000',
    },
    response_urls: [],
  };
}

/** The form of a slash command typed in a channel (by id or name; where there is none of it, a direct message). */
export function commandForm(
  api: SlackApi,
  text: string,
  user: string,
  channelName: string,
): Record<string, string> {
  const channel = api.workspace.findChannel(channelName);
  const channelId = channel?.id ?? 'D00000000';
  return {
    token,
    team_id: teamId,
    team_domain: team.domain,
    channel_id: channelId,
    channel_name: channel?.name ?? 'directmessage',
    user_id: user,
    user_name: user.toLowerCase(),
    command: '/retrigger',
    text,
    api_app_id: appId,
    is_enterprise_install: 'false',
    response_url: api.responseUrls.issue({ kind: 'commands', channel: channelId, user, message: null }),
    trigger_id: api.triggers.issue(user, api.workspace.now()),
  };
}

export function challengePayload(challenge: string): Fields {
  return { token, challenge, type: 'url_verification' };
}

function printUser(id: string): Fields {
  return { id, username: id.toLowerCase(), name: id.toLowerCase(), team_id: teamId };
}

function nameOf(api: SlackApi, channelId: string): string {
  return api.workspace.findChannel(channelId)?.name ?? 'directmessage';
}
