import { applyResult, type CardResult, giveUpCard } from '../../notice/card-state.ts';
import { isRefusals, isTrouble, type Notice, type NoticeFacts } from '../../notice/notice.ts';
import type { Card } from '../../report/message.ts';
import { composeOutage } from '../../report/notices.ts';
import { TaskScheduler } from '../../time/task-scheduler.ts';
import { CardWriter } from '../deliver/card-writer.ts';
import type { Flow } from '../flow.ts';
import { digestOf } from './digest.ts';
import { endOutages } from './outage-notice.ts';
import { RefusalWatch } from './refusal-watch.ts';
import { sendRefusals, sendTrouble } from './send-notice.ts';
import { logUnwritten, OnceSender } from './send-once.ts';
import { TroubleWatch } from './trouble-watch.ts';

/**
 * Keeps the messages about many chains up to date in their channel: outages, the digests of the weeks, rejected tokens,
 * and the problems of the service.
 */
export class NoticeWorker {
  /** Opens and closes the notices about the service itself. */
  readonly troubles: TroubleWatch;
  /** Opens the notices about rejected tokens. */
  readonly refusals: RefusalWatch;
  readonly #flow: Flow;
  readonly #agenda: TaskScheduler;
  /** `null`: no Slack app is set. */
  readonly #cards: CardWriter | null;
  readonly #sender: OnceSender;

  constructor(flow: Flow) {
    this.#flow = flow;
    this.#cards = flow.publisher && new CardWriter(flow.publisher);
    this.#sender = new OnceSender(flow);
    this.troubles = new TroubleWatch(flow);
    this.refusals = new RefusalWatch(flow);
    this.#agenda = new TaskScheduler({
      clock: flow.clock,
      look: (id) => this.#look(id),
      onFault: (id, err) => {
        // Once we stop, who waits for a turn in the channel is sent away; the next start takes it up.
        if (this.#agenda.isStopped) flow.log.debug({ notice: id }, 'notice left for the next start');
        else flow.log.error({ notice: id, err }, 'notice could not be written and is again');
      },
    });
  }

  /** Takes up every notice that does not show how things are. */
  async start(): Promise<void> {
    await endOutages(this.#flow, null);
    for (const notice of await this.#flow.notices.list()) this.plan(notice);
    this.troubles.start();
    this.refusals.start();
  }

  /** Plans what the notice wants next; it is called at every change of one. */
  plan({ id, card }: Notice): void {
    this.#agenda.plan(id, card.stale?.dueAt ?? null, () => this.#write(id));
  }

  /** Starts nothing more, and resolves when the current work is done. */
  async stop(): Promise<void> {
    await Promise.all([this.troubles.stop(), this.refusals.stop(), this.#agenda.stop()]);
  }

  get inHand(): number {
    return this.#agenda.inHand + this.troubles.inHand + this.refusals.inHand;
  }

  async #look(id: string): Promise<() => void> {
    const notice = await this.#find(id);
    return () => notice !== null && this.plan(notice);
  }

  async #find(id: string): Promise<Notice | null> {
    const notices = await this.#flow.notices.list();
    return notices.find((each) => each.id === id) ?? null;
  }

  async #write(id: string): Promise<void> {
    const notice = await this.#find(id);
    if (notice === null) return;
    if (isTrouble(notice)) return sendTrouble(this.#flow, this.#sender, notice);
    if (isRefusals(notice)) return sendRefusals(this.#flow, this.#sender, notice);
    const channel = notice.card.place?.channel ?? this.#flow.settings.slackChannel;
    if (this.#cards !== null && channel !== null) return this.#show(this.#cards, id, channel);
    await this.#flow.notices.update(id, (known) => known && { ...known, card: giveUpCard(known.card) });
  }

  async #show(cards: CardWriter, id: string, channel: string): Promise<void> {
    const { notices, clock, log } = this.#flow;
    await cards.write({
      key: id,
      channel,
      read: async () => {
        const notice = await this.#find(id);
        if (notice?.card.stale == null) return null;
        const card = await this.#compose(notice.facts);
        return card && { state: notice.card, card };
      },
      record: async (result, isCurrent) => {
        const known = await notices.update(
          id,
          (each) => each && applyToNotice(each, result, isCurrent, clock.now()),
        );
        if (result.kind === 'later' || result.kind === 'never')
          logUnwritten(log, id, result.why, known?.card.stale == null);
      },
    });
  }

  /** `null`: it has no card, because its messages are sent once. */
  async #compose(facts: NoticeFacts): Promise<Card | null> {
    if (facts.kind === 'outage') return composeOutage(facts);
    return facts.kind === 'digest' ? digestOf(this.#flow, facts) : null;
  }
}

function applyToNotice(
  notice: Notice,
  result: CardResult,
  isCurrent: (card: Card) => boolean,
  now: number,
): Notice {
  const { facts, card } = notice;
  // A digest is never out of date: its week is over.
  const isUpToDate = facts.kind !== 'outage' || isCurrent(composeOutage(facts));
  return { ...notice, card: applyResult(card, result, isUpToDate, now) };
}
