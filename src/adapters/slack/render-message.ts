import type { Link, Message } from '../../report/message.ts';

/** Slack cuts longer texts in pieces; a whole message is worth more than all of a long error. */
const maxText = 3_500;
/** A cut address leads nowhere; no page of Prow has one of this length. */
const longestUrl = 1_000;

/** A message in Slack's mrkdwn. What is from outside is text: it makes no mention and no link of its own. */
export function renderMessage({ title, lines, links }: Message): string {
  const body = [`*${escapeText(title)}*`, ...lines.map(escapeText)].join('\n');
  const footer = links
    .filter(({ url }) => url.length <= longestUrl)
    .map(renderLink)
    .join(' · ');
  const room = maxText - footer.length;
  const cut = body.length > room ? `${cutWhole(body, room)}…` : body;
  return footer === '' ? cut : `${cut}\n${footer}`;
}

/** Slack's three control characters as entities (its own advice), so that `<!channel>` is text and no mention. */
export function escapeText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

function renderLink({ text, url }: Link): string {
  const address = url.replaceAll(/[\s|<>]/g, encodeURIComponent).replaceAll('&', '&amp;');
  return `<${address}|${escapeText(text)}>`;
}

/** Cuts without leaving half an entity or half a character at the end. */
function cutWhole(text: string, length: number): string {
  return text.slice(0, length).replace(/(?:&[a-z]{0,3}|[\ud800-\udbff])$/, '');
}
