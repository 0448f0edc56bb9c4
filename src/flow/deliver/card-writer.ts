import { createHash } from 'node:crypto';
import {
  type CardPlace,
  delayCard,
  giveUpCard,
  type CardState,
  recordDeleted,
  recordShown,
  markStale,
} from '../../chain/card-state.ts';
import type { ChannelPublisher, PublicationDraft, WriteResult } from '../../report/reporter.ts';
import type { Card } from '../../report/message.ts';
import { retryDelay } from './deliver-report.ts';

/** What came of writing a card. */
interface CardWriting {
  /** Why it could not be written; `null`: it could, or was not wanted any more. */
  fault: string | null;
  /** It is the channel that takes nothing from us. */
  isClosed: boolean;
  /** The card as it is on disk after that; `current`: what it ought to show by now. */
  settle: (known: CardState, current: Card, now: number) => CardState;
  /** What came of it is on disk. */
  noted: () => void;
}

/** Cards that were posted and are not noted yet: where the disk takes no write, they are not posted again. */
const unnoted = new WeakMap<ChannelPublisher, Map<string, CardPlace>>();

/**
 * Posts a card or rewrites it in place once its turn in the channel comes; `key` is whose it is. `read` tells then how
 * things are, `null`: nothing is to be written any more. One that shows all that already is left alone.
 */
export async function writeCard(
  publisher: ChannelPublisher,
  channel: string,
  key: string,
  read: () => Promise<{ living: CardState; card: Card } | null>,
): Promise<CardWriting> {
  const posted = unnoted.get(publisher) ?? new Map<string, CardPlace>();
  unnoted.set(publisher, posted);
  let drafted = '';
  // A rewriting takes the channel's id.
  const target = posted.get(key)?.channel ?? channel;
  const written = await publisher.write(target, async (): Promise<PublicationDraft | null> => {
    const now = await read();
    if (now === null) return null;
    drafted = fingerprint(now.card);
    const { place, shown } = now.living;
    if (place !== null && shown === drafted) return null;
    return { kind: 'card', card: now.card, ts: (place ?? posted.get(key))?.ts ?? null };
  });
  if (written.kind === 'written') posted.set(key, written.place);
  if (written.kind === 'gone') posted.delete(key);
  return {
    fault: written.kind === 'later' || written.kind === 'never' ? written.why : null,
    isClosed: written.kind === 'later' && written.isClosed === true,
    settle(known, current, now) {
      const settled = settle(known, written, drafted, now);
      const isCurrent = fingerprint(current) === drafted || written.kind === 'stopped';
      return isCurrent || known.stale === null ? settled : markStale(settled, now);
    },
    noted: () => void posted.delete(key),
  };
}

function settle(known: CardState, written: WriteResult, drafted: string, now: number): CardState {
  if (written.kind === 'stopped') return known;
  if (written.kind === 'written') return recordShown(known, written.place, drafted);
  if (written.kind === 'gone' && known.place !== null) return recordDeleted(known, now);
  if (written.kind === 'nothing' || known.stale === null) return giveUpCard(known);
  const fault = written.kind === 'gone' ? nothingThere : written;
  const waitMs = retryDelay(fault, known.stale.since, known.stale.tries, now);
  if (waitMs === null) return giveUpCard(known);
  const delayed = delayCard(known, now + waitMs);
  // A channel that takes nothing any more is left for the one that the rule or the settings name now.
  return fault.kind === 'later' && fault.isClosed === true ? { ...delayed, place: null } : delayed;
}

/** Said of a message that was not to be rewritten, so that nothing can be gone. */
const nothingThere: Extract<WriteResult, { kind: 'later' }> = {
  kind: 'later',
  why: 'Slack says that the message is gone',
  retryAfterMs: null,
};

/** What a card shows, short: two cards that look alike have the same. */
function fingerprint(card: Card): string {
  return createHash('sha256').update(JSON.stringify(card)).digest('base64url').slice(0, 22);
}
