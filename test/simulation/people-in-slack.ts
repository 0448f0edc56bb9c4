import { type Chain, wakeAtOf } from '../../src/chain/chain.ts';
import { silenceJob } from '../../src/flow/requests/chain-actions.ts';
import { allBlocks } from '../prow/slack/check-message.ts';
import { elementsOf } from '../prow/slack/check-blocks.ts';
import type { ChannelMessage } from '../prow/slack/workspace.ts';
import { ask, cancelling, type Action, retrying, unlessUnavailable } from './actions.ts';
import { hour } from './scenario.ts';
import type { Fault } from './tally.ts';
import type { SimulatedWorld } from './world.ts';

interface Button {
  action: string;
  chainId: string;
}

/** The buttons that a message shows. */
export function buttonsOf({ blocks, attachments }: ChannelMessage): Button[] {
  return allBlocks({ blocks, attachments })
    .filter(({ type }) => type === 'actions')
    .flatMap((block) => elementsOf(block))
    .map(({ action_id, value }) => ({ action: String(action_id), chainId: String(value) }));
}

/** Somebody deletes a card. */
export function deleteSome(world: SimulatedWorld, fault: Fault): void {
  const { prow, chance, faults } = world;
  const { api } = prow.slack;
  if (api.cards.length === 0 || !faults.strikes(fault, 1)) return;
  const { ts } = chance.pick(api.cards);
  world.note(`  … ${ts}`);
  api.delete(ts);
}

/** Somebody presses a button that stands in a channel, be it out of date. */
export function pressSome(world: SimulatedWorld, fault: Fault): void {
  const { prow, chance, life } = world;
  if (life?.open == null) return;
  const shown = prow.slack.api.cards.flatMap((card) =>
    buttonsOf(card).map((button) => ({ ...button, card })),
  );
  if (shown.length === 0 || !world.faults.strikes(fault, 1)) return;
  const { action, chainId, card } = chance.pick(shown);
  const by = `ada (U0ADA${chance.between(1, 9)})`;
  world.note(`  … ${action} ${chainId} by ${by}`);
  if (action === 'silence') return void silence(world, chainId, by);
  const asked = action === 'retry' ? retrying(world, by) : cancelling(world, by);
  void ask(world, chainId, { ...asked, how: (chain) => watch(world, { chain, card, action }, asked) });
}

/** What a card offers that shows how things are is not refused. */
function watch(
  { tally, life }: SimulatedWorld,
  { chain, card, action }: { chain: Chain; card: ChannelMessage; action: string },
  asked: Action,
): ReturnType<Action['how']> {
  const act = asked.how(chain);
  const isCurrent = chain.card?.stale === null && chain.card.place?.ts === card.ts;
  // A look that is due begins at any moment, and then nobody need ask for it.
  const isDue = (wakeAtOf(chain) ?? Infinity) <= (life?.clock.now() ?? 0);
  if (isCurrent && !isDue) {
    const says = (): string => `${action} of ${chain.id} (${chain.state}) was offered and refused`;
    tally.hold('buttons do what they say', act.kind === 'done', says);
  }
  return act;
}

async function silence(world: SimulatedWorld, chainId: string, author: string): Promise<void> {
  const { life, ledger, clock, chance } = world;
  if (life?.open == null) return;
  const { flow } = life.open;
  const until = life.clock.now() + chance.between(1, 4) * hour;
  const wanted = { id: `silence-${clock.now()}-pressed`, until, author, comment: 'known' };
  await unlessUnavailable(async () => {
    const made = await silenceJob(flow, chainId, wanted);
    if (made !== null) ledger.silences.push({ job: made.job, from: clock.now(), until });
  });
}
