import type { webApi } from '@slack/bolt';
import { describeFault, type HttpClient } from '../../../http/http-client.ts';

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
