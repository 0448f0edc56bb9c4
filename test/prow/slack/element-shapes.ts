import { anything, byType, type Check, flag, list, oneOf, shape, string, wholeNumber } from './shape.ts';

/** Any text object, of up to `most` characters. */
export function text(most: number): Check {
  return byType({ plain_text: plain(most), mrkdwn: markedUp(most) });
}

export function plain(most: number): Check {
  return shape({ type: oneOf('plain_text'), text: string(most, 1) }, { emoji: flag });
}

function markedUp(most: number): Check {
  return shape({ type: oneOf('mrkdwn'), text: string(most, 1) }, { verbatim: flag });
}

const type = anything;
const actionId = string(255);
const confirm = shape(
  { title: plain(100), text: text(300), confirm: plain(30), deny: plain(30) },
  { style: oneOf('primary', 'danger') },
);
/** What all interactive elements may have. */
const common = { action_id: actionId, confirm, focus_on_load: flag };
const option = shape({ text: text(75), value: string(150) }, { description: text(75), url: string(3000) });
const options = (most: number) => ({ options: list(option, most, 1) });
const picker = { ...common, placeholder: plain(150) };

const button = shape(
  { type, text: plain(75) },
  {
    action_id: actionId,
    url: string(3000),
    value: string(2000),
    style: oneOf('primary', 'danger'),
    confirm,
    accessibility_label: string(75),
  },
);
const image = shape({ type, image_url: string(3000), alt_text: string(2000) });
const staticSelect = shape({ type, ...options(100) }, { ...picker, initial_option: option });
const overflow = shape({ type, ...options(5) }, { action_id: actionId, confirm });
const usersSelect = shape({ type }, { ...picker, initial_user: string(255) });
const datePicker = shape({ type }, { ...picker, initial_date: string(10, 10) });
const timePicker = shape({ type }, { ...picker, initial_time: string(5, 5), timezone: string(255) });
/** Seconds since the epoch, ten digits. */
const dateTimePicker = shape(
  { type },
  { ...common, initial_date_time: wholeNumber(1_000_000_000, 9_999_999_999) },
);
const radioButtons = shape({ type, ...options(10) }, { ...common, initial_option: option });
const checkboxes = shape({ type, ...options(10) }, { ...common, initial_options: list(option, 10, 1) });
const textInput = shape(
  { type },
  {
    action_id: actionId,
    focus_on_load: flag,
    placeholder: plain(150),
    initial_value: string(3000),
    multiline: flag,
    min_length: wholeNumber(0, 3000),
    max_length: wholeNumber(1, 3000),
    dispatch_action_config: anything,
  },
);

const choosing = {
  static_select: staticSelect,
  users_select: usersSelect,
  datepicker: datePicker,
  timepicker: timePicker,
  datetimepicker: dateTimePicker,
  radio_buttons: radioButtons,
  checkboxes,
};

export const actionsElement = byType({ button, overflow, ...choosing });
/** A date and time may be asked for in actions and inputs only. */
export const accessory = byType({
  button,
  overflow,
  image,
  static_select: staticSelect,
  users_select: usersSelect,
  datepicker: datePicker,
  timepicker: timePicker,
  radio_buttons: radioButtons,
  checkboxes,
});
export const contextElement = byType({
  image,
  plain_text: plain(3000),
  mrkdwn: markedUp(3000),
});
export const inputElement = byType({ plain_text_input: textInput, ...choosing });
