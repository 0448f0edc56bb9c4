import type { webApi } from '@slack/bolt';
import type { HttpClient } from '../../../http/http-client.ts';
import type { Logger } from '../../../logging.ts';
import { slackFetch } from './slack-fetch.ts';
import { slackLogger } from './slack-logger.ts';

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
