import type { types } from '@slack/bolt';
import type { Card, CardAction } from '../../../report/card.ts';

/** Of a button's value, as Slack documents it; half an id names another chain. */
const longestValue = 2_000;

const labels: Record<CardAction, string> = {
  retry: 'Retry now',
  cancel: 'Cancel',
  silence: 'Silence for a day…',
};

/** Cancelling can be undone by a retry, but costs the time until somebody notices. */
const confirmCancel: types.ConfirmationDialog = {
  title: plain('Cancel this retry?'),
  text: plain('The job is not tried again, unless somebody says so.'),
  confirm: plain('Cancel it'),
  deny: plain('Leave it'),
};

/** What a person may do, as buttons: the id of the action says what, the value to which chain. */
export function renderActions(actions: Card['actions']): types.ActionsBlock[] {
  const { chainId, of } = actions ?? { chainId: '', of: [] };
  if (of.length === 0 || chainId === '' || chainId.length > longestValue) return [];
  const elements = [...new Set(of)].map((action) => renderButton(action, chainId));
  return [{ type: 'actions', elements }];
}

function renderButton(action: CardAction, chainId: string): types.Button {
  const button: types.Button = {
    type: 'button',
    action_id: action,
    text: plain(labels[action]),
    value: chainId,
  };
  return action === 'cancel' ? { ...button, confirm: confirmCancel } : button;
}

function plain(text: string): types.PlainTextElement {
  return { type: 'plain_text', text };
}
