import { messageBlock } from './block-shapes.ts';
import { type Check, type Fields, isFields, list, type Problem, says } from './shape.ts';

export const maxBlocks = 50;
/** Above this Slack answers `msg_blocks_too_long`; in no document, but in slackapi/bolt-js#2509. */
const maxAllText = 13_200;

/** What is wrong with the blocks of a message, whichever place they are in. */
export function checkBlocks(
  blocks: unknown,
  at: string,
  most = maxBlocks,
  block: Check = messageBlock,
): Problem[] {
  return [...list(block, most)(blocks, at), ...repeatedActions(blocks, at)];
}

/** A `block_id` names one block of a message or view. */
export function checkBlockIds(blocks: readonly Fields[], at: string): Problem[] {
  return says(hasRepeats(blocks.map((block) => block['block_id'])), 'block_id must be unique', at);
}

export function isTooLongTogether(blocks: readonly Fields[]): boolean {
  return textLength(blocks) > maxAllText;
}

function repeatedActions(blocks: unknown, at: string): Problem[] {
  return fieldsOf(blocks).flatMap((block, index) =>
    says(
      hasRepeats(elementsOf(block).map((element) => element['action_id'])),
      'action_id must be unique in its block',
      `${at}/${index}`,
    ),
  );
}

/** What can be pressed or filled in within a block. */
export function elementsOf(block: Fields): Fields[] {
  return fieldsOf([block['accessory'], block['element'], ...fieldsOf(block['elements'])]);
}

/** The objects of a list, whatever came. */
export function fieldsOf(value: unknown): Fields[] {
  return Array.isArray(value) ? value.filter(isFields) : [];
}

function hasRepeats(ids: unknown[]): boolean {
  const given = ids.filter((id) => id !== undefined);
  return new Set(given).size < given.length;
}

/** Characters of all strings called `text`. */
function textLength(value: unknown): number {
  if (Array.isArray(value)) return value.reduce((sum: number, item) => sum + textLength(item), 0);
  if (!isFields(value)) return 0;
  return Object.entries(value).reduce(
    (sum, [name, part]) =>
      sum + (name === 'text' && typeof part === 'string' ? part.length : textLength(part)),
    0,
  );
}
