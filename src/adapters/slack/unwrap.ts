/** What somebody wrote, where Slack made a link of it and entities of its signs, or they quoted it as code. */
export function unwrap(text: string): string {
  return text
    .trim()
    .replace(/^`(.*)`$/s, '$1')
    .replace(/^<([^|>]*)(?:\|[^>]*)?>$/s, '$1')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&')
    .trim();
}
