import type { Chain, OutgoingReport, Recipient } from '../../chain/chain.ts';
import { type CardStep, forgetThread, nextCardStep, delayDelivery } from '../../chain/outbox.ts';
import {
  type CardPlace,
  delayCard,
  giveUpCard,
  newCard,
  recordDeleted,
  markStale,
} from '../../chain/card-state.ts';
import { addReason } from '../../chain/move.ts';
import type { ChannelPublisher, WriteResult, DeliveryOutcome } from '../../report/reporter.ts';
import type { Card } from '../../report/message.ts';
import { composeCard } from '../../report/chain/compose-card.ts';
import { composeMessage } from '../../report/chain/compose-message.ts';
import type { Flow } from '../flow.ts';
import { recordDelivery, retryDelay } from './deliver-report.ts';
import { writeCard } from './card-writer.ts';

/** Where no message can have a thread, a new card at each reply would be all that people see. */
const maxDeletions = 3;

/**
 * Does what is due first about a chain's card: shows how things are, or tells a turn of the chain in the thread under
 * it. Both at least once: what was done is written down after it was done.
 */
export async function updateCard(flow: Flow, chain: Chain): Promise<void> {
  const step = nextCardStep(chain);
  if (step === null) return;
  const { publisher } = flow;
  const channel = chain.card?.place?.channel ?? chain.ruleInfo?.channel ?? flow.settings.slackChannel;
  if (publisher === null) return awaitBoard(flow, chain);
  if (channel === null) return leave(flow, chain);
  await (step.kind === 'show' ? show(flow, publisher, chain, channel) : reply(flow, publisher, chain, step));
}

async function show(flow: Flow, publisher: ChannelPublisher, chain: Chain, channel: string): Promise<void> {
  const { fault, isClosed, settle, noted } = await writeCard(publisher, channel, chain.id, async () => {
    const known = await flow.store.get(chain.id);
    if (known?.card == null || known.card.stale === null) return null;
    return { living: known.card, card: faceOf(flow, known) };
  });
  const changed = await flow.store.update(chain.id, (known) => {
    if (known.card === null) return known;
    const now = flow.clock.now();
    const isElsewhere = isClosed && channel === known.ruleInfo?.channel && known.card.place === null;
    if (isElsewhere && flow.settings.slackChannel !== null) return leaveChannel(known, channel, now);
    const settled = { ...known, card: settle(known.card, faceOf(flow, known), now) };
    return settled.card.stale === null && settled.card.place === null ? forgetThread(settled) : settled;
  });
  noted();
  if (fault === null) return;
  const ids = { chain: chain.id, job: chain.jobName, channel, why: fault };
  if (changed?.card?.stale == null) flow.log.error(ids, 'card could not be written');
  else flow.log.warn(ids, 'card is delayed');
}

/** The channel that the rule names takes nothing from us: the card is posted in the settings', and says why. */
function leaveChannel(chain: Chain, channel: string, now: number): Chain {
  const { ruleInfo } = chain;
  const moved = {
    ...chain,
    ruleInfo: ruleInfo && { ...ruleInfo, channel: null },
    card: markStale(newCard, now),
  };
  return addReason(moved, `The rule names the channel ${channel}, where the Slack app can not post`);
}

/** The card as the chain is now. */
function faceOf({ settings, clock }: Flow, chain: Chain): Card {
  const hasOwnToken = settings.gangwayToken !== null;
  return composeCard(chain, { prowUrl: settings.prowUrl, hasOwnToken, now: clock.now() });
}

async function reply(
  flow: Flow,
  publisher: ChannelPublisher,
  chain: Chain,
  { report, recipient }: Extract<CardStep, { kind: 'reply' }>,
): Promise<void> {
  const place = chain.card?.place ?? null;
  if (place === null) return;
  const message = composeMessage(chain, report, flow.settings.prowUrl);
  const written = await publisher.write(place.channel, () =>
    Promise.resolve({ kind: 'reply', message, under: place.ts }),
  );
  if (written.kind === 'stopped') return;
  const next = { report, recipient };
  if (written.kind === 'gone' && (await postAnew(flow, chain, place, next))) return;
  await recordDelivery(flow, chain, next, [recipient.id], outcomeOf(written));
}

function outcomeOf(written: Exclude<WriteResult, { kind: 'stopped' }>): DeliveryOutcome {
  if (written.kind === 'gone') return { kind: 'later', why: 'the card is gone', retryAfterMs: null };
  return written.kind === 'later' || written.kind === 'never' ? written : { kind: 'delivered' };
}

/** Somebody deleted the card: it is posted anew, and this is told under that one. `false`: it was, and is gone again. */
async function postAnew(
  { store, clock }: Flow,
  { id }: Chain,
  place: CardPlace,
  next: { report: OutgoingReport; recipient: Recipient },
): Promise<boolean> {
  let isAnew = false;
  await store.update(id, (known) => {
    const { card } = known;
    isAnew = card?.place?.ts === place.ts && card.lost < maxDeletions;
    if (card === null || !isAnew) return known;
    const now = clock.now();
    return delayDelivery({ ...known, card: recordDeleted(card, now) }, next, [next.recipient.id], now);
  });
  return isAnew;
}

/** The settings have no bot, perhaps for a while; after a day nothing is written any more. */
async function awaitBoard(flow: Flow, chain: Chain): Promise<void> {
  const now = flow.clock.now();
  const stale = chain.card?.stale ?? null;
  const fault = { kind: 'later', why: 'there is no bot', retryAfterMs: null } as const;
  const waitMs = stale === null ? null : retryDelay(fault, stale.since, stale.tries, now);
  if (waitMs === null) return leave(flow, chain);
  await flow.store.update(chain.id, (known) =>
    known.card === null ? known : { ...known, card: delayCard(known.card, now + waitMs) },
  );
}

/** Neither a rule nor the settings name a channel: nothing is written, unless the chain changes again. */
async function leave({ store }: Flow, { id }: Chain): Promise<void> {
  await store.update(id, (known) =>
    known.card === null ? known : forgetThread({ ...known, card: giveUpCard(known.card) }),
  );
}
