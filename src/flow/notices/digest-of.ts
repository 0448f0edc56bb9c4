import type { Card } from '../../report/card.ts';
import { composeDigest } from '../../report/digest/compose-digest.ts';
import type { DigestSpan } from '../../report/digest/digest.ts';
import { weighDigest } from '../../report/digest/compute-digest.ts';
import type { Flow } from '../flow.ts';
import { listChains } from '../state/list-chains.ts';

const weekMs = 7 * 24 * 60 * 60_000;

/** What came of the failures in a span of time, from what the store knows now. */
export async function digestOf({ store }: Pick<Flow, 'store'>, span: DigestSpan): Promise<Card> {
  return composeDigest(await weighDigest(listChains(store, {}), span));
}

/** The same for the seven days before `now` (ms since the epoch), for whoever asks. */
export function digestOfWeek(flow: Pick<Flow, 'store'>, now: number): Promise<Card> {
  return digestOf(flow, { from: now - weekMs, to: now });
}
