const maxBlocks = 50;
const maxSectionText = 3000;
const maxHeaderText = 150;

/** Why Slack refuses a payload (`invalid_payload`, `no_text`, `invalid_blocks`), or `null` when it takes it. */
export function refusePayload(payload: unknown): string | null {
  if (typeof payload !== 'object' || payload === null || Array.isArray(payload)) return 'invalid_payload';
  const { text, blocks, attachments } = payload as Record<string, unknown>;
  const isEmpty = (value: unknown) =>
    value === undefined || value === '' || (Array.isArray(value) && value.length === 0);
  if (isEmpty(text) && isEmpty(blocks) && isEmpty(attachments)) return 'no_text';
  if (blocks === undefined) return null;
  if (!Array.isArray(blocks) || blocks.length > maxBlocks) return 'invalid_blocks';
  return blocks.every(isBlock) ? null : 'invalid_blocks';
}

function isBlock(block: unknown): boolean {
  if (typeof block !== 'object' || block === null) return false;
  const { type, text, elements, fields } = block as Record<string, unknown>;
  if (type === 'header') return textLength(text) > 0 && textLength(text) <= maxHeaderText;
  if (type === 'section')
    return (textLength(text) > 0 || Array.isArray(fields)) && textLength(text) <= maxSectionText;
  if (type === 'context' || type === 'actions') return Array.isArray(elements) && elements.length > 0;
  return typeof type === 'string';
}

function textLength(text: unknown): number {
  const value = typeof text === 'object' && text !== null ? (text as Record<string, unknown>)['text'] : '';
  return typeof value === 'string' ? value.length : 0;
}
