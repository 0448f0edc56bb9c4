import { isDeepStrictEqual } from 'node:util';
import { giveUpCard, markStale } from '../../chain/card-state.ts';
import { isRefusals, isTrouble, type Notice } from '../../chain/notice.ts';
import type { Card } from '../../report/message.ts';
import { composeOutage, composeRefusalsCard, composeTroubleCard } from '../../report/notices.ts';
import { digestOf } from './digest.ts';
import { TaskScheduler } from '../../time/task-scheduler.ts';
import type { Flow } from '../flow.ts';
import { RefusalWatch, sendRefusals } from './refusals.ts';
import { sendTrouble, TroubleWatch } from './troubles.ts';
import { endOutages } from './outage-notice.ts';
import { writeCard } from '../deliver/card-writer.ts';

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

  constructor(flow: Flow) {
    this.#flow = flow;
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
    const { publisher, notices, settings, clock, log } = this.#flow;
    const known = await this.#find(id);
    if (known !== null && isTrouble(known)) return sendTrouble(this.#flow, known);
    if (known !== null && isRefusals(known)) return sendRefusals(this.#flow, known);
    const channel = known?.card.place?.channel ?? settings.slackChannel;
    if (publisher === null || channel === null) {
      await notices.update(id, (notice) => notice && { ...notice, card: giveUpCard(notice.card) });
      return;
    }
    const { fault, settle, noted } = await writeCard(publisher, channel, id, async () => {
      const notice = await this.#find(id);
      if (notice?.card.stale == null) return null;
      return { living: notice.card, card: await this.#compose(notice) };
    });
    const seen = await this.#find(id);
    const current = seen && (await this.#compose(seen));
    const now = clock.now();
    const settled = await notices.update(id, (notice) => {
      if (notice === null || seen === null || current === null) return notice;
      const isSame = isDeepStrictEqual(notice.facts, seen.facts);
      const card = settle(notice.card, current, now);
      return { ...notice, card: isSame ? card : markStale(card, now) };
    });
    noted();
    if (fault === null) return;
    if (settled?.card.stale == null) log.error({ notice: id, why: fault }, 'notice could not be written');
    else log.warn({ notice: id, why: fault }, 'notice is delayed');
  }

  #compose({ facts }: Notice): Promise<Card> {
    if (facts.kind === 'outage') return Promise.resolve(composeOutage(facts));
    if (facts.kind === 'digest') return digestOf(this.#flow, facts);
    if (facts.kind === 'refusals') return Promise.resolve(composeRefusalsCard(facts));
    return Promise.resolve(composeTroubleCard(facts, 'begin', this.#flow.clock.now()));
  }
}
