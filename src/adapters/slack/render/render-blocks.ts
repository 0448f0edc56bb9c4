import type { types } from '@slack/bolt';
import { escapeText } from './escape-text.ts';
import { cutText } from './render-message.ts';

/** Of a section's text, as Slack documents it. */
const maxSectionLength = 3_000;

/** Where all is plain text of others, Slack makes no links of what looks like an address or a channel. */
function mrkdwn(text: string): types.MrkdwnElement {
  return { type: 'mrkdwn', text, verbatim: true };
}

/** The label of a button or a field. */
export function plainText(text: string): types.PlainTextElement {
  return { type: 'plain_text', text };
}

/** A section of text that is escaped already. */
export function renderSection(text: string): types.SectionBlock {
  return { type: 'section', text: mrkdwn(cutText(text, maxSectionLength)) };
}

/** A section of short texts in two columns, ten at the most. */
export function renderFields(texts: readonly string[]): types.SectionBlock {
  return { type: 'section', fields: texts.map(mrkdwn) };
}

/** Small print. */
export function renderContext(text: string): types.ContextBlock {
  return { type: 'context', elements: [mrkdwn(cutText(text, maxSectionLength))] };
}

/** Lines of plain text below one another: `room` characters in all, and what is too much is cut. */
export function renderLines(lines: readonly string[], room: number): types.SectionBlock[] {
  const escaped = lines.map((line) => escapeText(line).trim()).filter((line) => line !== '');
  return packTexts(fitTexts(escaped, room));
}

/** Escaped texts below one another, in as few sections as hold them. */
export function packTexts(texts: readonly string[]): types.SectionBlock[] {
  const packed: string[] = [];
  for (const text of texts) {
    const joined = `${packed.at(-1) ?? ''}\n${text}`;
    if (packed.length > 0 && joined.length <= maxSectionLength) packed[packed.length - 1] = joined;
    else packed.push(text);
  }
  return packed.map(renderSection);
}

/** As many escaped texts as there is room for, in order; where that is not all, the last one ends with …. */
export function fitTexts(texts: readonly string[], room: number): string[] {
  const fitting: string[] = [];
  let left = room;
  for (const text of texts) {
    fitting.push(cutText(text, Math.max(1, left)));
    // Whatever joins it to the next takes one.
    left -= text.length + 1;
    if (left < 0) break;
  }
  return fitting;
}
