import { checkBlockIds, checkBlocks, fieldsOf, isTooLongTogether, maxBlocks } from './check-blocks.ts';
import { type Fields, isFields, type Problem, says } from './shape.ts';

/** Slack's name for what is wrong, and what it says about it. */
export interface Refusal {
  error: string;
  problems: Problem[];
}

const maxAttachments = 100;
/** In no document; reported by those who met it (slackapi/bolt-python#914). */
const maxBlocksInAttachment = 20;
/** Fields of an attachment of old; with `blocks` there may be none of them. */
const oldFields = ['text', 'pretext', 'title', 'title_link', 'fields', 'author_name', 'footer', 'actions'];

/** Why Slack refuses a message, or `null` when it takes it. `maxText`: characters of its `text`. */
export function refuseMessage({ text, blocks, attachments }: Fields, maxText = 40_000): Refusal | null {
  if ([text, blocks, attachments].every(isEmpty)) return refusal('no_text');
  if (!isEmpty(text) && typeof text !== 'string') return refusal('invalid_arguments');
  if (typeof text === 'string' && text.length > maxText) return refusal('msg_too_long');
  if (fieldsOf(attachments).length > maxAttachments) return refusal('too_many_attachments');
  const inBlocks = isEmpty(blocks) ? [] : checkBlocks(blocks, '/blocks');
  if (inBlocks.length > 0) return refusal('invalid_blocks', inBlocks);
  const inAttachments = isEmpty(attachments) ? [] : checkAttachments(attachments);
  if (inAttachments.length > 0) return refusal('invalid_attachments', inAttachments);
  return refuseTogether(allBlocks({ blocks, attachments }));
}

/** The blocks of a message in the order in which they are seen. */
export function allBlocks({ blocks, attachments }: Fields): Fields[] {
  return [
    ...fieldsOf(blocks),
    ...fieldsOf(attachments).flatMap((attachment) => fieldsOf(attachment['blocks'])),
  ];
}

function refuseTogether(blocks: Fields[]): Refusal | null {
  const problems = [
    ...says(blocks.length > maxBlocks, `no more than ${maxBlocks} items allowed`, '/blocks'),
    ...checkBlockIds(blocks, '/blocks'),
  ];
  if (problems.length > 0) return refusal('invalid_blocks', problems);
  return isTooLongTogether(blocks) ? refusal('msg_blocks_too_long') : null;
}

function checkAttachments(attachments: unknown): Problem[] {
  if (!Array.isArray(attachments)) return says(true, 'must be an array', '/attachments');
  return attachments.flatMap((attachment: unknown, index) => {
    const at = `/attachments/${index}`;
    if (!isFields(attachment)) return says(true, 'must be an object', at);
    if (attachment['blocks'] === undefined) return [];
    const isMixed = oldFields.some((name) => attachment[name] !== undefined);
    return [
      ...says(isMixed, 'invalid_keys', at),
      ...checkBlocks(attachment['blocks'], `${at}/blocks`, maxBlocksInAttachment),
    ];
  });
}

function isEmpty(value: unknown): boolean {
  return (
    value === undefined || value === null || value === '' || (Array.isArray(value) && value.length === 0)
  );
}

function refusal(error: string, problems: Problem[] = []): Refusal {
  return { error, problems };
}
