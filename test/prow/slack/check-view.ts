import { viewBlock } from './block-shapes.ts';
import { checkBlockIds, checkBlocks, fieldsOf } from './check-blocks.ts';
import { plain } from './element-shapes.ts';
import { anything, type Fields, flag, isFields, oneOf, type Problem, says, shape, string } from './shape.ts';

const title = plain(24);
const modal = shape(
  { type: oneOf('modal'), title, blocks: anything },
  {
    submit: title,
    close: title,
    private_metadata: string(3000),
    callback_id: string(255),
    external_id: string(255),
    clear_on_close: flag,
    notify_on_close: flag,
    submit_disabled: flag,
  },
);

/** What Slack says about a modal that it does not open. */
export function checkView(view: unknown): Problem[] {
  const problems = modal(view, '/view');
  if (!isFields(view)) return problems;
  const blocks = fieldsOf(view['blocks']);
  const asks = blocks.some(({ type }) => type === 'input');
  return [
    ...problems,
    ...checkBlocks(view['blocks'], '/view/blocks', 100, viewBlock),
    ...checkBlockIds(blocks, '/view/blocks'),
    ...says(asks && view['submit'] === undefined, 'missing required field: submit', '/view'),
  ];
}

/** Above 250 kB Slack answers `view_too_large`. */
export function isTooLarge(view: Fields): boolean {
  return Buffer.byteLength(JSON.stringify(view)) > 250_000;
}
