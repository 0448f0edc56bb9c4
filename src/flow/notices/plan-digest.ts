import { noCard, stir } from '../../chain/card-state.ts';
import type { DigestFacts, Notice } from '../../chain/notice.ts';
import { weighDigest } from '../../report/digest/compute-digest.ts';
import { backOff } from '../../time/backoff.ts';
import { findDigestWeek, findNextDigest } from './digest-week.ts';
import type { Flow } from '../flow.ts';
import { listChains } from '../state/list-chains.ts';

const dayMs = 24 * 60 * 60_000;
/** The past week is no news any more. */
const latestMs = 3 * dayMs;
const firstWaitMs = 30_000;

export type DigestFlow = Pick<Flow, 'store' | 'notices' | 'clock' | 'log'>;

/**
 * Sees to it that a notice is opened for each week, on the Monday after it at 08:00 UTC, or at the start after a
 * downtime. Whoever tends notices brings it to people. Returns the way to call it off.
 */
export function planDigest(flow: DigestFlow): () => void {
  const { clock, log } = flow;
  let isOver = false;
  let callOff = clock.at(clock.now(), () => void tell(0));
  return () => {
    isOver = true;
    callOff();
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
    callOff = clock.at(next, () => void tell(again === null ? 0 : tries + 1));
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
  if (now - dueAt > latestMs) return null;
  const id = `digest ${name}`;
  const known = (await notices.list()).find((notice) => notice.id === id);
  if (known !== undefined) return known;
  const { closed } = await weighDigest(listChains(store, {}), facts);
  if (closed === 0) return null;
  return notices.update(id, (other) => other ?? openNotice(id, facts, now));
}

/** What happened in it can't change any more, so it is closed from the start. */
function openNotice(id: string, facts: DigestFacts, now: number): Notice {
  return { id, facts, card: stir(noCard, now), openedAt: now, closedAt: now };
}
