import type { types } from '@slack/bolt';
import type { Answer, AnswerEntry } from '../../../report/answers.ts';
import { escapeCode, escapeText } from './escape-text.ts';
import { renderSection } from './render-blocks.ts';
import { cutText, renderLinks } from './render-message.ts';

/** What only the person who asked sees. */
export interface Reply {
  response_type: 'ephemeral';
  replace_original: false;
  text: string;
  blocks?: types.KnownBlock[];
  attachments?: types.MessageAttachment[];
}

/** Slack's limit for the text of a section is 3,000. */
const maxTextLength = 2_900;
/** Slack takes 50, but no more than some 12,000 characters in all. */
const maxSections = 3;
const maxLineLength = 700;
const cutHint = '… and more: ask for less at once, or ask the command line.';

/** An answer in Slack's markup, in as few sections as hold it; what is too much is cut, and that is said. */
export function renderAnswer({ title, entries, hint, isTable = false }: Answer): Reply {
  const head = isTable ? escapeLine(title) : `*${escapeLine(title)}*`;
  const packed = packLines(entries.map(isTable ? renderRow : renderEntry));
  const shown = packed.slice(0, maxSections).map((text) => (isTable ? `\`\`\`${text}\`\`\`` : text));
  const tail = [
    ...(hint === null ? [] : [escapeLine(hint)]),
    ...(packed.length > maxSections ? [cutHint] : []),
  ];
  return { ...renderSentence(title), blocks: [head, ...shown, ...tail].map(renderSection) };
}

/** A sentence of plain text. */
export function renderSentence(text: string): Reply {
  return renderMarkup(escapeLine(text));
}

/** A sentence that is in Slack's markup already. */
export function renderMarkup(text: string): Reply {
  return { response_type: 'ephemeral', replace_original: false, text };
}

function renderEntry({ text, links }: AnswerEntry): string {
  return [escapeLine(text), renderLinks(links)].filter((part) => part !== '').join(' · ');
}

/** A line among letters of one width, which it must not end. */
function renderRow({ text }: AnswerEntry): string {
  return cutText(escapeCode(text), maxLineLength);
}

function escapeLine(text: string): string {
  return cutText(escapeText(text), maxLineLength);
}

function packLines(lines: readonly string[]): string[] {
  const packed: string[] = [];
  for (const line of lines) {
    const joined = `${packed.at(-1) ?? ''}\n${line}`;
    if (packed.length > 0 && joined.length <= maxTextLength) packed[packed.length - 1] = joined;
    else packed.push(line);
  }
  return packed;
}
