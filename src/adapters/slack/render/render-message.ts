import type { Link, Message } from '../../../report/message.ts';
import { escapeText } from './escape-text.ts';

/** Slack cuts longer texts in pieces; a whole message is worth more than all of a long error. */
const maxText = 3_500;
/** A cut address leads nowhere; no page of Prow has one of this length. */
const maxUrlLength = 1_000;
const roomForLinks = 2_000;
const between = ' · ';
/** Else `<!channel|…>` were a mention. */
const webAddress = /^https?:\/\//i;

/** A message in Slack's mrkdwn. Text from outside makes no mention, link or format of its own. */
export function renderMessage({ title, lines, links }: Message): string {
  const body = [`*${escapeText(title)}*`, ...lines.map(escapeText)].join('\n');
  const footer = renderLinks(links);
  const room = maxText - footer.length;
  const cut = cutText(body, room + 1);
  return footer === '' ? cut : `${cut}\n${footer}`;
}

/** Links side by side, the first ones for which there is room. */
export function renderLinks(links: readonly Link[]): string {
  const rendered = links
    .filter(({ url }) => url.length <= maxUrlLength && webAddress.test(url))
    .map(renderLink);
  while (rendered.join(between).length > roomForLinks) rendered.pop();
  return rendered.join(between);
}

function renderLink({ text, url }: Link): string {
  const address = url
    .toWellFormed()
    .replaceAll(/[\s|<>]/g, encodeURIComponent)
    .replaceAll('&', '&amp;');
  const label = escapeText(text).replaceAll(/\s+/g, ' ').trim();
  return label === '' ? `<${address}>` : `<${address}|${label}>`;
}

/** Cuts escaped text to so many characters, without leaving half an entity or half a character at the end. */
export function cutText(text: string, most: number): string {
  if (text.length <= most) return text;
  return `${text.slice(0, most - 1).replace(/(?:&[a-z]{0,3}|[\ud800-\udbff])$/, '')}…`;
}
