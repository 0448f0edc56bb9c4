export type SlackAddress =
  | { kind: 'ok'; url: string }
  /** It is no address at all. */
  | { kind: 'malformed' }
  /** Its origin is not among the allowed ones, or it carries a user name. */
  | { kind: 'foreign' };

/**
 * Reads a Slack address. What comes back is the parsed form, so that what is called later is what was checked
 * here. An origin is scheme, host and port, so `http://` or another port of an allowed host is foreign.
 */
export function readSlackAddress(text: string, origins: readonly string[]): SlackAddress {
  const url = URL.parse(text);
  if (url === null) return { kind: 'malformed' };
  const isAllowed = origins.includes(url.origin) && url.username === '' && url.password === '';
  return isAllowed ? { kind: 'ok', url: url.href } : { kind: 'foreign' };
}
