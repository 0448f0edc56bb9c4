import { newCard, markStale } from '../../notice/card-state.ts';
import type { DigestFacts, Notice } from '../../notice/notice.ts';
import { computeDigest, type DigestSpan } from '../../report/digest/compute-digest.ts';
import { backOff, dayMs, hourMs } from '../../time/duration.ts';
import type { Flow } from '../flow.ts';
import { listChains } from '../../chain/chain-store.ts';
import type { Card } from '../../report/message.ts';
import { composeDigest } from '../../report/digest/compose-digest.ts';

const weekMs = 7 * dayMs;
/** The past week is no news any more. */
const maxAgeMs = 3 * dayMs;
const firstWaitMs = 30_000;

export type DigestFlow = Pick<Flow, 'store' | 'notices' | 'clock' | 'log'>;

/**
 * Sees to it that a notice is opened for each week, on the Monday after it at 08:00 UTC, or at the start after a
 * downtime. Whoever tends notices brings it to people. Returns the way to call it off.
 */
export function planDigest(flow: DigestFlow): () => void {
  const { clock, log } = flow;
  let isOver = false;
  let cancel = clock.at(clock.now(), () => void tell(0));
  return () => {
    isOver = true;
    cancel();
  };

  async function tell(tries: number): Promise<void> {
    // A week that ends while the chains are counted is looked at next.
    const now = clock.now();
    let again: number | null = null;
    try {
      await openDigest(flow, now);
    } catch (err) {
      again = clock.now() + backOff(firstWaitMs, tries);
      // Once we stop, the store takes nothing more; the next start takes it up.
      if (!isOver) log.error({ err }, 'digest could not be opened and is tried again');
    }
    if (isOver) return;
    const next = again ?? findNextDigest(now);
    cancel = clock.at(next, () => void tell(again === null ? 0 : tries + 1));
  }
}

/**
 * Writes down that the last week is to be told; the notice as it is where that was done before. `null`: it was to be told
 * more than three days before `now` (ms since the epoch), or nothing happened in it, of which nobody is told.
 */
export async function openDigest(
  { store, notices }: Pick<DigestFlow, 'store' | 'notices'>,
  now: number,
): Promise<Notice | null> {
  const { name, dueAt, ...facts } = findDigestWeek(now);
  if (now - dueAt > maxAgeMs) return null;
  const id = `digest ${name}`;
  const known = (await notices.list()).find((notice) => notice.id === id);
  if (known !== undefined) return known;
  const { closed } = await computeDigest(listChains(store, {}), facts);
  if (closed === 0) return null;
  return notices.update(id, (other) => other ?? openNotice(id, facts, now));
}

/** What happened in it can't change any more, so it is closed from the start. */
function openNotice(id: string, facts: DigestFacts, now: number): Notice {
  return { id, facts, card: markStale(newCard, now), openedAt: now, closedAt: now };
}

/** The epoch began on a Thursday. */
const firstMonday = 4 * dayMs;
/** After Monday's midnight, UTC. */
const dueAfterMs = 8 * hourMs;

/** A week from Monday to Monday, midnight by UTC. Times are milliseconds since the epoch. */
interface DigestWeek extends DigestFacts {
  /** By ISO 8601, as in `2026-W47`. */
  name: string;
  /** When it is told: on the Monday after it, at 08:00 UTC. */
  dueAt: number;
}

/** The last week that was to be told by `now`. */
export function findDigestWeek(now: number): DigestWeek {
  const monday = now - dueAfterMs - modulo(now - dueAfterMs - firstMonday, weekMs);
  const from = monday - weekMs;
  return { kind: 'digest', name: nameWeek(from), from, to: monday, dueAt: monday + dueAfterMs };
}

/** When the next one is told, later than `now`. */
export function findNextDigest(now: number): number {
  return findDigestWeek(now).dueAt + weekMs;
}

/** A week belongs to the year of its Thursday, and the first Thursday of a year is in its first week. */
function nameWeek(monday: number): string {
  const thursday = monday + 3 * dayMs;
  const year = new Date(thursday).getUTCFullYear();
  const number = 1 + Math.floor((thursday - Date.UTC(year, 0, 1)) / weekMs);
  return `${year}-W${String(number).padStart(2, '0')}`;
}

function modulo(number: number, by: number): number {
  return ((number % by) + by) % by;
}

/** What came of the failures in a span of time, from what the store knows now. */
export async function digestOf({ store }: Pick<Flow, 'store'>, span: DigestSpan): Promise<Card> {
  return composeDigest(await computeDigest(listChains(store, {}), span));
}

/** The same for the seven days before `now` (ms since the epoch), for whoever asks. */
export function digestOfWeek(flow: Pick<Flow, 'store'>, now: number): Promise<Card> {
  return digestOf(flow, { from: now - weekMs, to: now });
}
