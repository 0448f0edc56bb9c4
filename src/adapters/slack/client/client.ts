import { type webApi, LogLevel, type Logger as SlackLogger } from '@slack/bolt';
import { type HttpClient, describeFault } from '../../../http/http-client.ts';
import type { Logger } from '../../../logging.ts';

/** How Slack's library calls its Web API: over our own client, once. Whoever calls knows when another try can help. */
export function clientOptions(apiUrl: string, http: HttpClient, log: Logger): webApi.WebClientOptions {
  return {
    slackApiUrl: apiUrl,
    allowAbsoluteUrls: false,
    fetch: slackFetch(http, apiUrl),
    logger: slackLogger(log),
    retryConfig: { retries: 0 },
    rejectRateLimitedCalls: true,
  };
}

type SlackFetch = NonNullable<webApi.WebClientOptions['fetch']>;

const timeoutMs = 15_000;
const maxAnswerBytes = 256 * 1024;
/** What Slack's library reads of an answer. */
const headersOfUse = ['content-type', 'x-oauth-scopes', 'x-accepted-oauth-scopes'];

/**
 * A fetch for Slack's library over our own client: its limits, its clock, no redirects. What is not under `apiUrl` (a
 * `response_url`, say) was written by others, and gets no token. `Retry-After` comes as the client caps it. Rejects
 * where there is no answer, in words that hold no token and no address.
 */
export function slackFetch(http: HttpClient, apiUrl: string): SlackFetch {
  const home = new URL(apiUrl.endsWith('/') ? apiUrl : `${apiUrl}/`).href;
  return async (address, init = {}) => {
    const { href: url } = new URL(address);
    const isForeign = !url.startsWith(home);
    const { body = '', headers = {} } = init;
    if (typeof body !== 'string') throw new Error('only text is sent to Slack');
    const outcome = await http.call({
      method: 'POST',
      url,
      headers: isForeign ? withoutToken(headers) : headers,
      body,
      timeoutMs,
      isForeign,
    });
    if (outcome.kind === 'not-sent') throw new Error(`Slack was not reached: ${outcome.why}`);
    if (outcome.kind === 'broken') throw new Error(`the answer of Slack was lost: ${outcome.why}`);
    const text = await outcome.text(maxAnswerBytes).catch((error: unknown) => {
      throw new Error(`the answer of Slack was lost: ${describeFault(error)}`, { cause: error });
    });
    const { status, retryAfterMs } = outcome;
    const answered = headersOfUse.map((name): [string, string] => [name, outcome.headers[name] ?? '']);
    if (retryAfterMs !== null) answered.push(['retry-after', String(retryAfterMs / 1000)]);
    // A status that allows no body takes `null` alone.
    return new Response(text === '' ? null : text, {
      status,
      headers: answered.filter(([, value]) => value !== ''),
    });
  };
}

function withoutToken(headers: Record<string, string>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).filter(([name]) => name.toLowerCase() !== 'authorization'),
  );
}

const maxTextLength = 500;

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
  return hideSecrets(texts.join(' ')).slice(0, maxTextLength);
}

/** Slack's tokens (`xoxb-…`, `xapp-…`), and whole addresses, as one that answers a press is a secret. */
function hideSecrets(text: string): string {
  return text
    .replaceAll(/\b\w+:\/\/\S+/g, '<address>')
    .replaceAll(/\bx(?:ox[a-z]|app)[-.][\w.-]*/gi, '<secret>')
    .replaceAll(/\bbearer\s+\S+/gi, '<secret>');
}
