import { accessory, actionsElement, contextElement, inputElement, plain, text } from './element-shapes.ts';
import { anything, byType, type Check, flag, isFields, list, says, shape, string } from './shape.ts';

const type = anything;
const block_id = string(255);

const section: Check = (value, at) => [
  ...sectionShape(value, at),
  ...says(
    isFields(value) && value['text'] === undefined && value['fields'] === undefined,
    'must define either `text` or `fields`',
    at,
  ),
];
const sectionShape = shape(
  { type },
  { block_id, text: text(3000), fields: list(text(2000), 10, 1), accessory, expand: flag },
);

const shared = {
  section,
  header: shape({ type, text: plain(150) }, { block_id }),
  divider: shape({ type }, { block_id }),
  context: shape({ type, elements: list(contextElement, 10, 1) }, { block_id }),
  actions: shape({ type, elements: list(actionsElement, 25, 1) }, { block_id }),
  image: shape({ type, image_url: string(3000), alt_text: string(2000) }, { block_id, title: plain(2000) }),
  input: shape(
    { type, label: plain(2000), element: inputElement },
    { block_id, hint: plain(2000), optional: flag, dispatch_action: flag },
  ),
  rich_text: shape({ type, elements: list(anything, 1000, 1) }, { block_id }),
};

export const messageBlock = byType({
  ...shared,
  markdown: shape({ type, text: string(12_000, 1) }, { block_id }),
});
export const viewBlock = byType(shared);
