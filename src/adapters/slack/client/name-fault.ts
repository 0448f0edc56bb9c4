import { RespondError, webApi } from '@slack/bolt';
import { describeFault } from '../../../http/http-client.ts';
import { judgeSlackFault } from './slack-errors.ts';

const ofSlack = [
  webApi.WebAPIPlatformError,
  webApi.WebAPIRateLimitedError,
  webApi.WebAPIHTTPError,
  webApi.WebAPIRequestError,
];

/** What went wrong between us and Slack, in a few words. Such an error holds more than may stand in a log. */
export function nameFault(error: unknown): string {
  if (error instanceof RespondError) return `Slack answered ${error.statusCode}`;
  if (!ofSlack.some((kind) => error instanceof kind)) return describeFault(error);
  const fault = judgeSlackFault(error);
  return fault.kind === 'gone' ? 'Slack answered that nothing is there' : fault.why;
}
