import { elementsOf, fieldsOf } from './check-blocks.ts';
import type { Fields } from './shape.ts';
import type { ChannelMessage } from './workspace.ts';

/** What a person sees of a message, a line a block: `text` only where nothing else is there; buttons as [label]. */
export function readMessage({
  text,
  blocks,
  attachments,
}: Pick<ChannelMessage, 'text' | 'blocks' | 'attachments'>): string {
  const above = blocks.length === 0 ? [text] : readBlocks(blocks);
  return [...above, ...attachments.flatMap(readAttachment)].filter((line) => line !== '').join('\n');
}

export function readBlocks(blocks: readonly Fields[]): string[] {
  return blocks.map((block) => {
    const words = [block['text'], block['label'], ...fieldsOf(block['fields']), ...wordsIn(block)];
    return [...words.map(textOf).filter((part) => part !== ''), ...elementsOf(block).map(readControl)]
      .filter((part) => part !== '')
      .join(block['type'] === 'section' ? '\n' : ' ');
  });
}

function readAttachment(attachment: Fields): string[] {
  if (attachment['blocks'] !== undefined) return readBlocks(fieldsOf(attachment['blocks']));
  return [attachment['pretext'], attachment['title'], attachment['text']].map(textOf);
}

/** The texts that stand in a context block. */
function wordsIn({ type, elements }: Fields): Fields[] {
  return type === 'context' ? fieldsOf(elements) : [];
}

function readControl({ type, text, alt_text, placeholder }: Fields): string {
  if (type === 'image') return textOf(alt_text);
  if (type === 'button') return `[${textOf(text)}]`;
  return type === 'plain_text' || type === 'mrkdwn' ? '' : `[${textOf(placeholder) || String(type)}]`;
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  const text = typeof value === 'object' && value !== null ? (value as Fields)['text'] : '';
  return typeof text === 'string' ? text : '';
}
