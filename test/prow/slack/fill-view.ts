import { fieldsOf } from './check-blocks.ts';
import { type Fields, isFields } from './shape.ts';

/** What a person fills in, by `action_id`: text, a date as Slack writes it, seconds since the epoch, an option's value. */
export type Filled = Record<string, string | number>;

/** How each kind of input says what was filled in, and where its initial value stands. */
const valueNames: Record<string, { value: string; initial: string }> = {
  plain_text_input: { value: 'value', initial: 'initial_value' },
  datetimepicker: { value: 'selected_date_time', initial: 'initial_date_time' },
  datepicker: { value: 'selected_date', initial: 'initial_date' },
  timepicker: { value: 'selected_time', initial: 'initial_time' },
  users_select: { value: 'selected_user', initial: 'initial_user' },
  static_select: { value: 'selected_option', initial: 'initial_option' },
  radio_buttons: { value: 'selected_option', initial: 'initial_option' },
};

/**
 * `view.state.values` of a modal that somebody submits. Throws where Slack would not let them: a field that is not
 * there, a required one that is empty, a text over its length.
 */
export function fillView(view: Fields, filled: Filled): Record<string, Fields> {
  const inputs = fieldsOf(view['blocks']).filter(({ type }) => type === 'input');
  const known = inputs.map(({ element }) => (isFields(element) ? element['action_id'] : null));
  const stray = Object.keys(filled).find((actionId) => !known.includes(actionId));
  if (stray !== undefined) throw new Error(`the modal asks for no ${stray}`);
  return Object.fromEntries(
    inputs.map((block, index) => {
      const element = isFields(block['element']) ? block['element'] : {};
      const actionId = idOr(element['action_id'], `made-up-action-${index}`);
      const state = fillElement(element, filled[actionId], block['optional'] === true);
      return [idOr(block['block_id'], `made-up-${index}`), { [actionId]: state }];
    }),
  );
}

function fillElement(element: Fields, given: string | number | undefined, isOptional: boolean): Fields {
  const { type, action_id, max_length } = element;
  const names = valueNames[String(type)];
  if (names === undefined) throw new Error(`nobody taught the stand-in to fill in a ${String(type)}`);
  const options = fieldsOf(element['options']);
  const chosen = options.length === 0 ? given : options.find(({ value }) => value === given);
  const value = given === undefined ? (element[names.initial] ?? null) : chosen;
  if (value === undefined) throw new Error(`${String(action_id)} offers no ${String(given)}`);
  if ((value === null || value === '') && !isOptional)
    throw new Error(`${String(action_id)} must be filled in`);
  if (typeof value === 'string' && typeof max_length === 'number' && value.length > max_length)
    throw new Error(`${String(action_id)} takes ${max_length} characters`);
  return { type, [names.value]: value === '' ? null : value };
}

/** Slack makes up the ids that an app leaves out. */
function idOr(id: unknown, madeUp: string): string {
  return typeof id === 'string' ? id : madeUp;
}
