import { restoreFormat } from './escape-text.ts';

/**
 * What somebody wrote, where Slack made a link of it and entities of its signs, or they quoted it as code, or copied it
 * from a message of ours.
 */
export function unwrap(text: string): string {
  return restoreFormat(text)
    .trim()
    .replace(/^`(.*)`$/s, '$1')
    .replace(/^<([^|>]*)(?:\|[^>]*)?>$/s, '$1')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&')
    .trim();
}
