import { checkView } from './check-view.ts';
import { fieldsOf } from './check-blocks.ts';
import { refuseMessage } from './check-message.ts';
import type { ServiceAnswer } from './deliver.ts';
import { parseJson } from './read-args.ts';
import { type Fields, isFields } from './shape.ts';

/** What Slack can't make out in the answer to a command: it takes nothing, plain text or a message. */
export function judgeCommandAnswer(answer: ServiceAnswer): string | null {
  const { status, headers, body } = answer;
  if (status !== 200) return `http_error ${status}`;
  if (body === '' || !headers['content-type']?.startsWith('application/json')) return null;
  const message = parseJson(body);
  return isFields(message) ? (refuseMessage(message)?.error ?? null) : 'invalid_payload';
}

/** The same for a press, whose answer says nothing. */
export function judgePressAnswer({ status }: ServiceAnswer): string | null {
  return status === 200 ? null : `http_error ${status}`;
}

/** The same for a modal that was submitted: nothing closes it, else a `response_action` that fits it. */
export function judgeSubmitAnswer({ status, body }: ServiceAnswer, view: Fields): string | null {
  if (status !== 200) return `http_error ${status}`;
  if (body === '') return null;
  const answer = parseJson(body);
  if (!isFields(answer)) return 'invalid_payload';
  const { response_action, errors, view: next } = answer;
  if (response_action === undefined || response_action === 'clear') return null;
  if (response_action === 'errors') return judgeErrors(errors, view);
  if (response_action !== 'update' && response_action !== 'push') return 'unknown response_action';
  return checkView(next)[0]?.text ?? null;
}

/** Each error names the block of an input. */
function judgeErrors(errors: unknown, view: Fields): string | null {
  if (!isFields(errors) || Object.keys(errors).length === 0) return 'no errors';
  const known = fieldsOf(view['blocks'])
    .filter(({ type }) => type === 'input')
    .map(({ block_id }) => block_id);
  return Object.entries(errors).every(([id, text]) => known.includes(id) && typeof text === 'string')
    ? null
    : 'errors of no input';
}
