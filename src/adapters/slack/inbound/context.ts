import type { RespondFn, webApi } from '@slack/bolt';
import { StoreUnavailable } from '../../../chain/chain-store.ts';
import type { Logger } from '../../../logging.ts';
import { wentWrong } from '../../../report/answers/answer.ts';
import { nameFault } from '../client/name-fault.ts';
import type { Operators } from './operators.ts';
import { type Reply, renderSentence } from '../render/render-answer.ts';
import type { SeenOnce } from './recent-ids.ts';
import type { SlackDeps } from '../slack-deps.ts';

/** What whoever answers people in Slack works with. */
export interface Desk {
  deps: SlackDeps;
  operators: Operators;
  web: webApi.WebClient;
  /** The wishes to start a job that were taken up. */
  triggered: SeenOnce;
}

/** Does what somebody asked for and tells them; what is thrown is told, too, by `storeDown` where the store is. */
export async function reply(
  { deps: { log } }: Desk,
  respond: RespondFn,
  storeDown: string,
  work: () => Promise<Reply | null>,
): Promise<void> {
  const answer = await work().catch((error: unknown) => renderSentence(sayFault(log, error, storeDown)));
  if (answer === null) return;
  try {
    await respond({ ...answer });
  } catch (error) {
    log.warn({ why: nameFault(error) }, 'slack does not take an answer');
  }
}

/** Logs what was thrown, and words it for whoever asked: by `storeDown` where the store is. */
export function sayFault(log: Logger, error: unknown, storeDown: string): string {
  const isStore = error instanceof StoreUnavailable;
  log.error({ err: error }, isStore ? 'store unavailable' : 'slack request failed');
  return isStore ? storeDown : wentWrong;
}
