import { createHmac } from 'node:crypto';

/** What Slack sends to an app. */
export interface Delivery {
  url: string;
  headers: Record<string, string>;
  body: string;
}

/** What the app answers. */
export interface ServiceAnswer {
  status: number;
  headers: Record<string, string>;
  body: string;
}

/** How a delivery can differ from what Slack sends. */
export interface Forgery {
  /** Signed with another secret. */
  secret?: string;
  /** The whole header, `null`: none. */
  signature?: string | null;
  /** How long ago it was signed, ms; 0 by default. */
  ageMs?: number;
  contentType?: string;
  /** Sent in place of the body that was signed. */
  body?: string;
  headers?: Record<string, string>;
}

/** Slack's headers for a body. `now` in ms. */
export function signDelivery(
  { url, body, contentType }: { url: string; body: string; contentType: string },
  secret: string,
  now: number,
  forgery: Forgery = {},
): Delivery {
  const timestamp = String(Math.floor((now - (forgery.ageMs ?? 0)) / 1000));
  const key = forgery.secret ?? secret;
  const hash = createHmac('sha256', key).update(`v0:${timestamp}:${body}`).digest('hex');
  const signature = forgery.signature === undefined ? `v0=${hash}` : forgery.signature;
  return {
    url,
    headers: {
      'content-type': forgery.contentType ?? contentType,
      'user-agent': 'Slackbot 1.0 (+https://api.slack.com/robots)',
      'x-slack-request-timestamp': timestamp,
      ...(signature === null ? {} : { 'x-slack-signature': signature }),
      ...forgery.headers,
    },
    body: forgery.body ?? body,
  };
}

/** Over the network. */
export async function deliverByFetch({ url, headers, body }: Delivery): Promise<ServiceAnswer> {
  const response = await fetch(url, { method: 'POST', headers, body });
  return {
    status: response.status,
    headers: Object.fromEntries(response.headers),
    body: await response.text(),
  };
}
