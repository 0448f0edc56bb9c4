import { isDeepStrictEqual } from 'node:util';
import { escapeText } from '../../src/adapters/slack/render/escape-text.ts';
import { renderCard } from '../../src/adapters/slack/render/render-card.ts';
import { cancelChain, retryChain } from '../../src/chain/actions.ts';
import { type Chain, isOpen } from '../../src/chain/chain.ts';
import { isForOurChannels } from '../../src/chain/proof.ts';
import type { CardState } from '../../src/notice/card-state.ts';
import type { Notice, OutageFacts } from '../../src/notice/notice.ts';
import type { Card } from '../../src/report/message.ts';
import { composeCard } from '../../src/report/chain/compose-card.ts';
import { composeOutage } from '../../src/report/notices.ts';
import type { ChannelMessage } from '../prow/slack/workspace.ts';
import { buttonsOf } from './people-in-slack.ts';
import { minute } from './scenario.ts';
import type { Post } from './slack-watch.ts';
import type { SimulatedWorld } from './world.ts';

const prowUrl = 'https://prow.ci.openshift.org';

/** Holds what stands in the channels at the end against what is on the disk. */
export function checkCards(
  world: SimulatedWorld,
  chains: readonly Chain[],
  notices: readonly Notice[],
): void {
  if (!world.scenario.hasBot) return;
  for (const chain of chains) world.slackWatch.see(chain);
  for (const notice of notices) world.slackWatch.seeNotice(notice);
  for (const chain of chains) {
    checkChain(world, chain);
    if (!world.ledger.isVoid) checkThread(world, chain);
  }
  checkDoubles(world);
  checkOutages(world, chains, notices);
}

function checkChain(world: SimulatedWorld, chain: Chain): void {
  const { tally, scenario, slackWatch, clock } = world;
  const { id, card } = chain;
  const isNews = slackWatch.threads.some((told) => told.chainId === id);
  if (card === null) return;
  if (card.place === null) {
    const isNone = !isNews || world.ledger.isVoid;
    return tally.hold('cards show how things are', isNone, () => `${id} (${chain.state}) has no card`);
  }
  const view = { prowUrl, hasOwnToken: scenario.hasOwnToken, now: clock.now() };
  const message = checkFace(world, id, card, composeCard(chain, view));
  for (const { action, chainId } of message === null ? [] : buttonsOf(message)) {
    const says = (): string => `${id} (${chain.state}) has a button that would be refused: ${action}`;
    tally.hold('buttons do what they say', chainId === id && wouldDo(world, chain, action), says);
  }
}

/** What stands there is what is to be shown, also where somebody deleted it since. */
function checkFace(
  { tally, prow }: SimulatedWorld,
  owner: string,
  { place, stale }: CardState,
  card: Card,
): ChannelMessage | null {
  const { messages } = prow.slack.api.workspace;
  const message = messages.find(({ channel, ts }) => channel === place?.channel && ts === place.ts) ?? null;
  const shown = message && { text: message.text, blocks: message.blocks, attachments: message.attachments };
  const wanted = JSON.parse(JSON.stringify(renderCard(card, true))) as unknown;
  tally.hold(
    'cards show how things are',
    isDeepStrictEqual(shown, wanted) && stale === null,
    () => `${owner} shows ${message?.text ?? 'nothing'} in place of ${card.title}`,
  );
  return message;
}

/**
 * Holds a chain that was just written against its card, where nothing is to be written any more: the state that it
 * names is the chain's. An attempt that is put off goes on under the old time, and a run's page and the right job, where a
 * stranger had named another, come with the next change.
 */
export function checkShown({ tally, prow, scenario, clock }: SimulatedWorld, chain: Chain): void {
  const { id, state, card } = chain;
  if (card?.place == null || card.stale !== null) return;
  const { ts } = card.place;
  const message = prow.slack.api.cards.find((each) => each.ts === ts);
  if (message === undefined) return;
  const view = { prowUrl, hasOwnToken: scenario.hasOwnToken, now: clock.now() };
  const wanted = renderCard(composeCard(chain, view), true);
  const isRight = stateIn(message.text) === stateIn(wanted.text);
  const says = (): string => `${id} (${state}) says ${message.text} in place of ${wanted.text}`;
  tally.hold('cards show how things are', isRight, says);
}

function stateIn(title: string): string {
  const [words = ''] = title.split(' · ');
  return words.replace(/^Scheduled .*/, 'Scheduled');
}

function wouldDo({ scenario, clock }: SimulatedWorld, chain: Chain, action: string): boolean {
  if (action === 'silence') return true;
  const now = clock.now();
  const act = action === 'cancel' ? cancelChain(chain, now) : retryChain(chain, scenario.hasOwnToken, now);
  return !isOpen(chain) && act.kind === 'done';
}

/** Each report came at least once below a card of the chain, and none before those that were told before it. */
function checkThread({ tally, slackWatch, prow }: SimulatedWorld, { id, jobName }: Chain): void {
  // A stranger named another job at first: what is still to be told then bears the right name.
  const told = slackWatch.threads.filter((each) => each.chainId === id && each.jobName === jobName);
  const arrived = prow.slack.api.workspace.messages.filter(
    ({ threadTs }) => threadTs !== null && slackWatch.owners.get(threadTs) === id,
  );
  let next = 0;
  for (const { text } of arrived) {
    const title = told[next]?.title;
    if (title !== undefined && text.startsWith(`*${escapeText(title)}*`)) next += 1;
  }
  for (const [n, { title }] of told.entries()) {
    tally.hold('threads tell all in order', n < next, () => `below the card of ${id} did not come: ${title}`);
  }
}

/** A card that nobody rewrites any more stands only where the service could not know or note that it wrote it. */
function checkDoubles({ tally, slackWatch, prow, ledger }: SimulatedWorld): void {
  const current = new Set(slackWatch.places.values());
  const posts = new Map(slackWatch.posts.map((post) => [post.ts, post]));
  for (const { ts, text } of prow.slack.api.cards) {
    const post = posts.get(ts);
    const isOld = (post?.era ?? 0) < ledger.losses;
    const isRight = isOld || current.has(ts) || mayBeUnknown(post, slackWatch.diskFaults);
    const isNoted = slackWatch.owners.has(ts) ? 'left' : 'never noted';
    tally.hold('one card a chain', isRight, () => `${ts} stands and was ${isNoted}: ${text}`);
  }
}

/** The answer was lost, or the process died, or the disk did not take it, before the place was written down. */
function mayBeUnknown(post: Post | undefined, diskFaults: readonly number[]): boolean {
  if (post === undefined) return false;
  const { at, exchange, life } = post;
  if (!exchange.isHeard) return true;
  const until = at + minute;
  const isDead = life.diedAt !== null && life.diedAt <= until;
  return isDead || diskFaults.some((faultAt) => faultAt >= at - minute && faultAt <= until);
}

function checkOutages(world: SimulatedWorld, chains: readonly Chain[], notices: readonly Notice[]): void {
  const hold = (isRight: boolean, what: () => string): void =>
    world.tally.hold('an outage has one message', isRight, what);
  const outages: OutageFacts[] = [];
  for (const { id, facts, card } of notices) {
    if (facts.kind !== 'outage') continue;
    hold(facts.state !== 'holding', () => `${id} never ended`);
    hold(card.place !== null, () => `${id} was told nowhere`);
    checkFace(world, id, card, composeOutage(facts));
    const twin = outages.find(
      ({ key, since, endedAt }) =>
        key === facts.key && since <= facts.since && (endedAt ?? Infinity) > facts.since,
    );
    const isAlone = twin === undefined || world.ledger.clockSetMs > 0;
    hold(isAlone, () => `${id} began before that of ${twin?.since} had ended`);
    outages.push(facts);
  }
  const lasted = outages.filter(({ state }) => state === 'lasted').flatMap(({ members }) => members);
  if (world.slackWatch.diskFaults.length > 0) return;
  for (const chain of chains.filter(({ state }) => state === 'skipped')) {
    const { id, decision } = chain;
    // Our channel hears of no chain whose token nobody knows.
    if (decision?.reason !== 'outage' || !isForOurChannels(chain)) continue;
    hold(
      lasted.some((each) => each.id === id),
      () => `no message says that ${id} ended with an outage`,
    );
  }
}
