import type { RespondFn, webApi } from '@slack/bolt';
import { StoreUnavailable } from '../../../chain/chain-store.ts';
import type { Logger } from '../../../logging.ts';
import { wentWrong } from '../../../report/answers.ts';
import { safeErrorText } from '../client/errors.ts';
import type { Operators } from './operators.ts';
import { type Reply, renderSentence } from '../render/render-answer.ts';
import type { SlackDeps } from '../slack-deps.ts';
import type { Clock } from '../../../time/clock.ts';

/** What whoever answers people in Slack works with. */
export interface SlackContext {
  deps: SlackDeps;
  operators: Operators;
  web: webApi.WebClient;
  /** The wishes to start a job that were taken up. */
  triggered: RecentIds;
}

/** Does what somebody asked for and tells them; what is thrown is told, too, by `storeDown` where the store is. */
export async function reply(
  { deps: { log } }: SlackContext,
  respond: RespondFn,
  storeDown: string,
  work: () => Promise<Reply | null>,
): Promise<void> {
  const answer = await work().catch((error: unknown) =>
    renderSentence(describeSlackFault(log, error, storeDown)),
  );
  if (answer === null) return;
  try {
    await respond({ ...answer });
  } catch (error) {
    log.warn({ why: safeErrorText(error) }, 'slack does not take an answer');
  }
}

/** Logs what was thrown, and words it for whoever asked: by `storeDown` where the store is. */
export function describeSlackFault(log: Logger, error: unknown, storeDown: string): string {
  const isStore = error instanceof StoreUnavailable;
  log.error({ err: error }, isStore ? 'store unavailable' : 'slack request failed');
  return isStore ? storeDown : wentWrong;
}

/** Longer than a signature is good for. */
const keptMs = 15 * 60_000;

/** Tells what comes for the first time from what comes again. */
export class RecentIds {
  readonly #clock: Pick<Clock, 'now'>;
  readonly #seenAt = new Map<string, number>();

  constructor(clock: Pick<Clock, 'now'>) {
    this.#clock = clock;
  }

  /** `false`: it came within the last quarter of an hour. What has no name is always new. */
  isNew(name: string): boolean {
    const now = this.#clock.now();
    for (const [other, at] of this.#seenAt) if (now - at > keptMs) this.#seenAt.delete(other);
    if (this.#seenAt.has(name)) return false;
    if (name !== '') this.#seenAt.set(name, now);
    return true;
  }
}
