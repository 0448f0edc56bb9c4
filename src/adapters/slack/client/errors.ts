import { webApi, RespondError } from '@slack/bolt';
import type { WriteResult } from '../../../report/reporter.ts';
import { describeFault } from '../../../http/http-client.ts';

type SlackFault = Extract<WriteResult, { kind: 'gone' | 'later' | 'never' }>;

/** The message that was named is no longer there, or no longer ours. */
const goneWords: ReadonlySet<string> = new Set([
  'cannot_reply_to_message',
  'cant_update_message',
  'edit_window_closed',
  'message_not_found',
  'thread_not_found',
]);

/** What was sent is at fault, and would be another time. */
const textWords: ReadonlySet<string> = new Set([
  'attachment_payload_limit_exceeded',
  'block_mismatch',
  'cannot_parse_attachment',
  'invalid_arg_name',
  'invalid_arguments',
  'invalid_array_arg',
  'invalid_attachments',
  'invalid_blocks',
  'invalid_blocks_format',
  'invalid_charset',
  'invalid_form_data',
  'invalid_metadata_format',
  'invalid_metadata_schema',
  'markdown_text_conflict',
  'metadata_must_be_sent_from_app',
  'metadata_too_large',
  'msg_blocks_too_long',
  'msg_too_long',
  'no_text',
  'too_many_attachments',
  'too_many_contact_cards',
]);

/** The channel takes nothing from us. */
const closedWords: ReadonlySet<string> = new Set([
  'channel_not_found',
  'is_archived',
  'not_in_channel',
  'restricted_action',
  'restricted_action_read_only_channel',
]);

const newToken = 'give SLACK_BOT_TOKEN the token of the installed app';
const otherChannel = 'choose another channel';
/** What a person can do about it. */
const remedies: ReadonlyMap<string, string> = new Map([
  ['account_inactive', newToken],
  ['channel_not_found', 'write the id of the channel, and invite the app if it is a private one'],
  ['invalid_auth', newToken],
  ['is_archived', otherChannel],
  ['not_allowed_token_type', 'SLACK_BOT_TOKEN takes a token that begins with xoxb-'],
  ['not_authed', newToken],
  ['not_in_channel', 'invite the app to the channel'],
  ['restricted_action', 'let the app post in the channel, or choose another'],
  ['restricted_action_read_only_channel', otherChannel],
  ['token_expired', newToken],
  ['token_revoked', newToken],
]);

/** What a call's error means. Nothing that came but Slack's own words is repeated: the rest may be a proxy's. */
export function classifySlackError(error: unknown): SlackFault {
  if (error instanceof webApi.WebAPIPlatformError) return classifyErrorCode(error.data);
  if (error instanceof webApi.WebAPIRateLimitedError)
    return later('Slack answered 429 ratelimited', error.retryAfter);
  if (error instanceof webApi.WebAPIHTTPError)
    return later(`Slack answered ${error.statusCode}`, Number(error.headers['retry-after']));
  // The words are those of slackFetch.
  if (error instanceof webApi.WebAPIRequestError) return later(error.original.message);
  return later('the answer of Slack can not be read');
}

function classifyErrorCode(data: webApi.WebAPICallResult & { error: string; needed?: unknown }): SlackFault {
  const word = readWord(data.error);
  if (word === null) return later('Slack answered something else than JSON');
  if (goneWords.has(word)) return { kind: 'gone' };
  if (textWords.has(word)) return { kind: 'never', why: `Slack answered ${word}` };
  const remedy = word === 'missing_scope' ? adviseScope(data.needed) : remedies.get(word);
  const why = remedy === undefined ? `Slack answered ${word}` : `Slack answered ${word}: ${remedy}`;
  const fault = later(why, data.response_metadata?.retryAfter);
  return closedWords.has(word) ? { ...fault, isClosed: true } : fault;
}

/** Slack's faults have names such as not_in_channel. */
function readWord(said: unknown): string | null {
  return typeof said === 'string' && /^[a-z][a-z_]{0,60}$/.test(said) ? said : null;
}

function adviseScope(needed: unknown): string {
  const scope = typeof needed === 'string' && /^[a-z.:,_]{1,60}$/.test(needed) ? needed : 'chat:write';
  return `give the app the scope ${scope} and install it again`;
}

/** `Retry-After`, in seconds, is capped by the HTTP client. */
function later(why: string, retryAfter = Number.NaN): Extract<WriteResult, { kind: 'later' }> {
  const isGiven = Number.isFinite(retryAfter) && retryAfter >= 0;
  return { kind: 'later', why, retryAfterMs: isGiven ? retryAfter * 1000 : null };
}

const ofSlack = [
  webApi.WebAPIPlatformError,
  webApi.WebAPIRateLimitedError,
  webApi.WebAPIHTTPError,
  webApi.WebAPIRequestError,
];

/** What went wrong between us and Slack, in a few words. Such an error holds more than may stand in a log. */
export function safeErrorText(error: unknown): string {
  if (error instanceof RespondError) return `Slack answered ${error.statusCode}`;
  if (!ofSlack.some((kind) => error instanceof kind)) return describeFault(error);
  const fault = classifySlackError(error);
  return fault.kind === 'gone' ? 'Slack answered that nothing is there' : fault.why;
}
