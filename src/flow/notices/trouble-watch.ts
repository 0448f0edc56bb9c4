import { markStale, newCard } from '../../notice/card-state.ts';
import { isTrouble, maxTroubleText, type Notice, type TroubleFacts } from '../../notice/notice.ts';
import { TaskScheduler } from '../../time/task-scheduler.ts';
import { pickErrorsChannel } from '../deliver/recipients.ts';
import type { Flow } from '../flow.ts';

type What = TroubleFacts['what'];

/** How a part of the service is. It is `unknown` until something shows it. Times are ms since the epoch. */
type Health = { kind: 'unknown' } | { kind: 'well'; since: number } | Ill;

interface Ill {
  kind: 'ill';
  since: number;
  says: string;
  more: number;
}

interface Patience {
  /** Milliseconds that a problem must last before it is reported. */
  begin: number;
  /** Milliseconds that all must be well before the end is reported. */
  end: number;
  /** Minimum milliseconds between two reported problems. */
  between: number;
}

const minuteMs = 60_000;

const patience: Record<What, Patience> = {
  // A breaker that flaps is not reported.
  gangway: { begin: 2 * minuteMs, end: minuteMs, between: 60 * minuteMs },
  rules: { begin: 0, end: 0, between: 0 },
};

/** What is due: to open or close the notice with this id at a time, or nothing. */
type Due = { at: number; change: 'open' | 'close'; id: string } | null;

/**
 * Turns the health of the service's parts into notices: a notice opens when a problem has lasted, and closes when all
 * has been well for a while. The notice is on disk, so a restart in between neither repeats nor loses a message.
 */
export class TroubleWatch {
  readonly #flow: Flow;
  readonly #agenda: TaskScheduler;
  readonly #health: Record<What, Health> = { gangway: { kind: 'unknown' }, rules: { kind: 'unknown' } };

  constructor(flow: Flow) {
    this.#flow = flow;
    this.#agenda = new TaskScheduler({
      clock: flow.clock,
      look: async (key) => {
        const what: What = key === 'rules' ? 'rules' : 'gangway';
        const due = await this.#findDue(what);
        return () => this.#agenda.plan(what, due?.at ?? null, () => this.#settle(what));
      },
      onFault: (what, err) => {
        if (!this.#agenda.isStopped) flow.log.error({ what, err }, 'problem of the service not recorded');
      },
    });
  }

  /** The service started, so its rules are good. The first call shows whether Gangway is well. */
  start(): void {
    if (this.#health.rules.kind === 'unknown') this.see('rules', null);
  }

  /** A part is ill, with `says` as the reason, or well (`null`). Repeated calls with the same do nothing new. */
  see(what: What, fault: { says: string; more: number } | null): void {
    const known = this.#health[what];
    const now = this.#flow.clock.now();
    if (fault === null) {
      if (known.kind === 'well') return;
      this.#health[what] = { kind: 'well', since: now };
    } else {
      const says = fault.says.slice(0, maxTroubleText).toWellFormed();
      this.#health[what] = { ...fault, says, kind: 'ill', since: known.kind === 'ill' ? known.since : now };
      if (known.kind === 'ill') return;
    }
    this.#agenda.plan(what, now, () => this.#settle(what));
  }

  /** Begins nothing more, and resolves once what is in hand is done. */
  stop(): Promise<void> {
    return this.#agenda.stop();
  }

  get inHand(): number {
    return this.#agenda.inHand;
  }

  async #findDue(what: What): Promise<Due> {
    const health = this.#health[what];
    if (health.kind === 'unknown') return null;
    const notices = (await this.#flow.notices.list())
      .filter(isTrouble)
      .filter(({ facts }) => facts.what === what);
    const known = notices.find(({ closedAt }) => closedAt === null) ?? null;
    const { begin, end, between } = patience[what];
    if (health.kind === 'well') {
      return known && { at: health.since + end, change: 'close', id: known.id };
    }
    if (known !== null || pickErrorsChannel(this.#flow) === null) return null;
    const last = notices.at(-1)?.openedAt ?? -Infinity;
    // Two ids of the same millisecond must differ, too.
    let id = `trouble ${what} ${health.since}`;
    while (notices.some((notice) => notice.id === id)) id += '+';
    return { at: Math.max(health.since + begin, last + between), change: 'open', id };
  }

  async #settle(what: What): Promise<void> {
    const due = await this.#findDue(what);
    const now = this.#flow.clock.now();
    const health = this.#health[what];
    if (due === null || due.at > now || health.kind === 'unknown') return;
    const { change, id } = due;
    if (change === 'open' && health.kind === 'ill') {
      const { since, says, more } = health;
      const facts: TroubleFacts = {
        kind: 'trouble',
        what,
        since,
        says,
        more,
        endedAt: null,
        told: 'nothing',
      };
      const opened = { id, facts, card: markStale(newCard, now), openedAt: now, closedAt: null };
      await this.#flow.notices.update(id, (known) => known ?? opened);
    }
    if (change === 'close' && health.kind === 'well') {
      const endedAt = health.since;
      await this.#flow.notices.update(id, (known) => known && closeTrouble(known, endedAt, now));
    }
  }
}

function closeTrouble(notice: Notice, endedAt: number, now: number): Notice {
  if (!isTrouble(notice) || notice.closedAt !== null) return notice;
  const { facts, card } = notice;
  return { ...notice, facts: { ...facts, endedAt }, closedAt: endedAt, card: markStale(card, now) };
}
