import type { HttpClient } from '../../../http/http-client.ts';
import { readSlackAddress } from '../../../intake/slack-address.ts';
import type { Message } from '../../../report/message.ts';
import type { DeliveryOutcome, Reporter } from '../../../report/reporter.ts';
import type { Secret } from '../../../secret.ts';
import { renderMessage } from '../render/render-message.ts';

const timeoutMs = 15_000;
const maxAnswerBytes = 16 * 1024;

/** Slack's words for an address or a message that no other try can mend; anything else may be a proxy's. */
const finalWords: ReadonlySet<string> = new Set([
  'action_prohibited',
  'channel_is_archived',
  'channel_not_found',
  'invalid_blocks',
  'invalid_payload',
  'invalid_token',
  'missing_text_or_fallback_or_attachments',
  'no_active_hooks',
  'no_service',
  'no_service_id',
  'no_team',
  'no_text',
  'posting_to_general_channel_denied',
  'team_disabled',
  'too_many_attachments',
  'user_not_found',
]);

/** An address in a text from outside does not become a link, and links are not unfurled. */
const asWritten = { parse: 'none', unfurl_links: false, unfurl_media: false };

/** Posts to Slack's incoming webhooks. */
export class WebhookReporter implements Reporter {
  readonly #http: HttpClient;
  readonly #origins: readonly string[];

  /** `origins`: where a Slack address may lead. */
  constructor(http: HttpClient, origins: readonly string[]) {
    this.#http = http;
    this.#origins = origins;
  }

  async deliver(message: Message, address: Secret): Promise<DeliveryOutcome> {
    // It was read when it came, perhaps under other settings.
    const read = readSlackAddress(address.reveal(), this.#origins);
    if (read.kind !== 'ok')
      return { kind: 'never', why: 'the address leads to none of the origins of Slack' };
    const outcome = await this.#http.call({
      method: 'POST',
      url: read.url,
      isForeign: true,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ text: renderMessage(message), ...asWritten }),
      timeoutMs,
    });
    if (outcome.kind !== 'answered') return { kind: 'later', why: outcome.why, retryAfterMs: null };
    const { status, retryAfterMs } = outcome;
    const says = (await outcome.text(maxAnswerBytes).catch(() => '')).trim();
    if (status === 200 && says === 'ok') return { kind: 'delivered' };
    // Slack answers in one word, such as no_service or invalid_payload; anything longer is not Slack's.
    const why = /^[a-z_]{1,60}$/.test(says) ? `Slack answered ${status} ${says}` : `Slack answered ${status}`;
    const isFinal = status >= 400 && status < 500 && finalWords.has(says);
    return isFinal ? { kind: 'never', why } : { kind: 'later', why, retryAfterMs };
  }
}
