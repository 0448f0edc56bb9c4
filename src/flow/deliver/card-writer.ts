import { createHash } from 'node:crypto';
import type { CardPlace, CardResult, CardState } from '../../notice/card-state.ts';
import type { Card } from '../../report/message.ts';
import type { ChannelPublisher, PublicationDraft, WriteResult } from '../../report/reporter.ts';

/** A card to write. */
interface CardToWrite<Recorded> {
  /** Identifies it among all cards. */
  key: string;
  /** The name or the id of its channel. */
  channel: string;
  /** The card as it is on disk, and what it should show; `null`: nothing is to be written any more. */
  read: () => Promise<{ state: CardState; card: Card } | null>;
  /** Puts the result on disk; `isCurrent` compares a card with the one that `read` gave. */
  record: (result: CardResult, isCurrent: (card: Card) => boolean) => Promise<Recorded>;
}

/** Posts cards and rewrites them in place. */
export class CardWriter {
  readonly #publisher: ChannelPublisher;
  /** Posted cards that are not on disk yet. If the disk refuses writes, they are not posted a second time. */
  readonly #unrecorded = new Map<string, CardPlace>();

  constructor(publisher: ChannelPublisher) {
    this.#publisher = publisher;
  }

  /** Writes the card when its turn in the channel comes, and records the result. Rejects with the error of `record`. */
  async write<Recorded>({ key, channel, read, record }: CardToWrite<Recorded>): Promise<Recorded> {
    const posted = this.#unrecorded.get(key) ?? null;
    let shown: string | null = null;
    // A rewrite needs the channel's id.
    const written = await this.#publisher.write(posted?.channel ?? channel, async () => {
      const known = await read();
      shown = known && fingerprint(known.card);
      return known && draftOf(known, shown, posted);
    });
    if (written.kind === 'written') this.#unrecorded.set(key, written.place);
    if (written.kind === 'gone') this.#unrecorded.delete(key);
    const recorded = await record(resultOf(written, shown), (card) => fingerprint(card) === shown);
    this.#unrecorded.delete(key);
    return recorded;
  }
}

/** `null`: the card shows this already. */
function draftOf(
  { state: { place, shown }, card }: { state: CardState; card: Card },
  wanted: string | null,
  posted: CardPlace | null,
): PublicationDraft | null {
  if (place !== null && shown === wanted) return null;
  return { kind: 'card', card, ts: (place ?? posted)?.ts ?? null };
}

function resultOf(written: WriteResult, shown: string | null): CardResult {
  if (written.kind === 'nothing') return { kind: 'unchanged' };
  if (written.kind === 'written') return { kind: 'shown', place: written.place, shown: shown ?? '' };
  return written;
}

/** A short hash of what a card shows. */
function fingerprint(card: Card): string {
  return createHash('sha256').update(JSON.stringify(card)).digest('base64url').slice(0, 22);
}
