import type { Chain, OutgoingReport, Recipient } from '../../chain/chain.ts';
import { type CardStep, forgetThread, nextCardStep, delayDelivery } from '../../chain/outbox.ts';
import {
  applyResult,
  type CardPlace,
  type CardResult,
  giveUpCard,
  markStale,
  newCard,
  recordDeleted,
  recordFault,
} from '../../notice/card-state.ts';
import { addReason } from '../../chain/move.ts';
import type { ChannelPublisher, WriteResult, DeliveryOutcome } from '../../report/reporter.ts';
import type { Card } from '../../report/message.ts';
import { composeCard } from '../../report/chain/compose-card.ts';
import { composeMessage } from '../../report/chain/compose-message.ts';
import type { Flow } from '../flow.ts';
import type { CardWriter } from './card-writer.ts';
import { recordDelivery } from './deliver-report.ts';

/** After that many deletions in a row, replies are given up: a new card at each would be all that people see. */
const maxDeletions = 3;

/**
 * Does what is due first about a chain's card: shows the state of the chain, or posts a report in the thread under the
 * card. Each happens at least once, because it is recorded after it is done. `cards` is `null` if no Slack app is set.
 */
export async function updateCard(flow: Flow, cards: CardWriter | null, chain: Chain): Promise<void> {
  const step = nextCardStep(chain);
  if (step === null) return;
  const { publisher } = flow;
  const channel = chain.card?.place?.channel ?? chain.ruleInfo?.channel ?? flow.settings.slackChannel;
  if (publisher === null || cards === null) return awaitApp(flow, chain);
  if (channel === null) return leave(flow, chain);
  await (step.kind === 'show' ? show(flow, cards, chain, channel) : reply(flow, publisher, chain, step));
}

async function show(flow: Flow, cards: CardWriter, chain: Chain, channel: string): Promise<void> {
  await cards.write({
    key: chain.id,
    channel,
    read: async () => {
      const known = await flow.store.get(chain.id);
      if (known?.card == null || known.card.stale === null) return null;
      return { state: known.card, card: faceOf(flow, known) };
    },
    record: async (result, isCurrent) => {
      const changed = await flow.store.update(chain.id, (known) => {
        const now = flow.clock.now();
        if (shouldLeave(flow, known, channel, result)) return leaveChannel(known, channel, now);
        return recordResult(known, result, isCurrent(faceOf(flow, known)), now);
      });
      logResult(flow, chain, channel, result, changed);
    },
  });
}

/** The rule's channel refuses the first post of the card, and the settings name another channel. */
function shouldLeave(
  { settings }: Flow,
  { card, ruleInfo }: Chain,
  channel: string,
  result: CardResult,
): boolean {
  const isClosed = result.kind === 'later' && result.isClosed === true;
  const isFirst = card?.place === null && channel === ruleInfo?.channel;
  return isClosed && isFirst && settings.slackChannel !== null;
}

function recordResult(chain: Chain, result: CardResult, isCurrent: boolean, now: number): Chain {
  if (chain.card === null) return chain;
  const card = applyResult(chain.card, result, isCurrent, now);
  return card.stale === null && card.place === null ? forgetThread({ ...chain, card }) : { ...chain, card };
}

function logResult(
  { log }: Flow,
  { id, jobName }: Chain,
  channel: string,
  result: CardResult,
  changed: Chain | null,
): void {
  if (result.kind !== 'later' && result.kind !== 'never') return;
  const ids = { chain: id, job: jobName, channel, why: result.why };
  if (changed?.card?.stale == null) log.error(ids, 'card could not be written');
  else log.warn(ids, 'card is delayed');
}

/** The card moves from the rule's channel to that of the settings, and says why. */
function leaveChannel(chain: Chain, channel: string, now: number): Chain {
  const { ruleInfo } = chain;
  const moved = {
    ...chain,
    ruleInfo: ruleInfo && { ...ruleInfo, channel: null },
    card: markStale(newCard, now),
  };
  return addReason(moved, { kind: 'channel-closed', channel });
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

/** The card was deleted: it is posted anew, and the report follows under it. `false`: it was deleted too often. */
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

/** No Slack app is set, perhaps only for a while: the card waits for a day, and then it is given up. */
async function awaitApp({ store, clock }: Flow, { id }: Chain): Promise<void> {
  const fault = { kind: 'later', why: 'no Slack app is set', retryAfterMs: null } as const;
  await store.update(id, (known) => {
    if (known.card === null) return known;
    const card = recordFault(known.card, fault, clock.now());
    return card.stale === null ? forgetThread({ ...known, card }) : { ...known, card };
  });
}

/** Neither a rule nor the settings name a channel: nothing is written, unless the chain changes again. */
async function leave({ store }: Flow, { id }: Chain): Promise<void> {
  await store.update(id, (known) =>
    known.card === null ? known : forgetThread({ ...known, card: giveUpCard(known.card) }),
  );
}
