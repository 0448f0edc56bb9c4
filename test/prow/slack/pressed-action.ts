import { elementsOf } from './check-blocks.ts';
import { type Fields, isFields } from './shape.ts';
import type { ChannelMessage } from './workspace.ts';

/** What was pressed, and in which attachment (from 1; `null`: in the message itself). */
export interface PressedAction {
  action: Fields;
  attachmentId: number | null;
}

/** The element with that `action_id` as Slack sends it back. Throws where the message shows none. */
export function findAction(message: ChannelMessage, actionId: string, actionTs: string): PressedAction {
  const places = [
    { blocks: message.blocks, attachmentId: null },
    ...message.attachments.map(({ blocks }, index) => ({
      blocks: Array.isArray(blocks) ? blocks.filter(isFields) : [],
      attachmentId: index + 1,
    })),
  ];
  for (const { blocks, attachmentId } of places) {
    for (const [index, block] of blocks.entries()) {
      const element = elementsOf(block).find(({ action_id }) => action_id === actionId);
      if (element === undefined) continue;
      const { confirm: _, ...shown } = element;
      const block_id = block['block_id'] ?? `made-up-${index}`;
      return { action: { ...shown, block_id, action_ts: actionTs }, attachmentId };
    }
  }
  throw new Error(`nobody can press ${actionId}: the message does not show it`);
}
