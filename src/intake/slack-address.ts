type SlackAddress =
  | { kind: 'ok'; url: string }
  /** It is no address at all. */
  | { kind: 'malformed' }
  /** Its origin is not among the allowed ones, it is not HTTP's, or it carries a user name. */
  | { kind: 'foreign' };

/**
 * Reads a Slack address. What comes back is the parsed form, so that what is called later is what was checked
 * here. An origin is scheme, host and port, so `http://` or another port of an allowed host is foreign. The scheme is
 * looked at apart, because a `blob:` address has the origin of the address within.
 */
export function readSlackAddress(text: string, origins: readonly string[]): SlackAddress {
  const url = URL.parse(text);
  if (url === null) return { kind: 'malformed' };
  const isHttp = url.protocol === 'https:' || url.protocol === 'http:';
  const isAnonymous = url.username === '' && url.password === '';
  return isHttp && isAnonymous && origins.includes(url.origin)
    ? { kind: 'ok', url: url.href }
    : { kind: 'foreign' };
}

/** A channel of Slack as people write it: `C0123456789`, `#ci-retries`. */
export const channelPattern = /^#?[^\s#,]{1,80}$/;
export const channelAdvice =
  'write the id of a channel, such as C0123456789, or its name, such as "#ci-retries"';
