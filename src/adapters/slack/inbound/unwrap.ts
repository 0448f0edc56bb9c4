import { restoreFormat } from '../render/escape-text.ts';

/**
 * What a person wrote, without the links and entities that Slack made of it, quoting as code, and characters that were
 * copied from our messages.
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
