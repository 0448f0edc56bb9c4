import type { HttpClient } from '../../http.ts';
import type { Message } from '../../report/message.ts';
import type { Delivery, Reporter } from '../../report/reporter.ts';
import type { Secret } from '../../secret.ts';
import { renderMessage } from './render-message.ts';

const timeoutMs = 15_000;
const maxAnswerBytes = 16 * 1024;

/** Posts to Slack's incoming webhooks. */
export class WebhookReporter implements Reporter {
  readonly #http: HttpClient;

  constructor(http: HttpClient) {
    this.#http = http;
  }

  async deliver(message: Message, address: Secret): Promise<Delivery> {
    const outcome = await this.#http.call({
      method: 'POST',
      url: address.reveal(),
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ text: renderMessage(message), unfurl_links: false, unfurl_media: false }),
      timeoutMs,
    });
    if (outcome.kind !== 'answered') return { kind: 'later', why: outcome.why, retryAfterMs: null };
    const { status, headers } = outcome;
    const says = await outcome.text(maxAnswerBytes).catch(() => '');
    if (status === 200) return { kind: 'delivered' };
    // Slack answers in one word, such as no_service or invalid_payload; anything longer is not Slack's.
    const why = /^[a-z_]{1,60}$/.test(says) ? `Slack answered ${status} ${says}` : `Slack answered ${status}`;
    const canPass = status === 429 || status >= 500;
    return canPass
      ? { kind: 'later', why, retryAfterMs: readSeconds(headers['retry-after']) }
      : { kind: 'never', why };
  }
}

function readSeconds(header: string | undefined): number | null {
  return header !== undefined && /^\d{1,5}$/.test(header) ? Number(header) * 1000 : null;
}
