import type { Chain } from '../chain/chain.ts';
import type { Message } from '../report/message.ts';
import type { Secret } from '../secret.ts';
import type { Flow } from './flow.ts';

/** Where a chain's reports go. What needs a person must reach one: without an errors address it goes with the rest. */
export function pickAddress(
  { seal, settings }: Pick<Flow, 'seal' | 'settings'>,
  { credentials }: Chain,
  audience: Message['audience'],
): Secret | null {
  const people = open(credentials.slack) ?? settings.slackWebhook;
  if (audience === 'people') return people;
  return open(credentials.slackErrors) ?? settings.slackErrorsWebhook ?? people;

  function open(sealed: string | null): Secret | null {
    return sealed === null ? null : seal.open(sealed);
  }
}
