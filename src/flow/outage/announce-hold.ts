import { type CanaryHold, type Chain, holdOf, type News } from '../../chain/chain.ts';
import { announceHold, type SharedMessage } from '../../chain/hold.ts';
import { isForOurChannels } from '../../chain/proof.ts';
import { listAddresses } from '../deliver/recipients.ts';
import type { Flow } from '../flow.ts';
import { updateOutageNotice } from '../notices/outage-notice.ts';

/**
 * Every address to which a chain of the hold reports gets one message about it. Which chains have reported is on disk, so
 * this may be done again, after a crash or when another chain joins. `concerned`: the open chains
 * that the outage concerns, newest first.
 */
export async function announceHolds(
  flow: Flow,
  hold: CanaryHold,
  concerned: readonly Chain[],
): Promise<void> {
  const { key, canary } = hold;
  await updateOutageNotice(flow, hold);
  const members = concerned.filter((chain) => {
    const own = holdOf(chain);
    return own?.key === key && own.canary?.id === canary.id;
  });
  const [announced, unannounced] = [true, false].map((has) =>
    members.filter((chain) => (holdOf(chain)?.announced === true) === has),
  );
  const build = (group: readonly Chain[]): News => buildAnnouncement(hold, nameable(members, group));
  const messages = shareMessage(flow, members, build, announced);
  for (const { id } of unannounced ?? [])
    await flow.store.update(id, (chain) => announceHold(chain, messages.get(id) ?? [], flow.clock.now()));
}

/** The chains that a message about a hold may name to one address: its own, and those of our channels if it is one of them. */
function nameable(members: readonly Chain[], group: readonly Chain[]): Chain[] {
  const seesOurs = group.some(isForOurChannels);
  return members.filter((chain) => group.includes(chain) || (seesOurs && isForOurChannels(chain)));
}

function buildAnnouncement({ key, canary }: CanaryHold, named: readonly Chain[]): News {
  const first = named.find(({ id }) => id === canary.id)?.jobName ?? null;
  const held = named.filter(({ state }) => state === 'held').map(({ jobName }) => jobName);
  return { topic: 'held', reason: { kind: 'outage-announced', key, first, waiting: held.toReversed() } };
}

/**
 * Which chain sends a message about several, so that each address to which one of them reports gets it once, and none that
 * the chains in `announced` reached. `build` makes it for the chains of an address.
 */
export function shareMessage(
  flow: Flow,
  chains: readonly Chain[],
  build: (chains: readonly Chain[]) => News,
  announced: readonly Chain[] = [],
): Map<string, SharedMessage[]> {
  const messages = new Map<string, SharedMessage[]>();
  const reached = new Set(
    announced.flatMap((chain) => listAddresses(flow, chain).map(({ address }) => address)),
  );
  const all = chains.flatMap((chain) => listAddresses(flow, chain).map((each) => ({ chain, ...each })));
  for (const [address, group] of Map.groupBy(all, (each) => each.address)) {
    const [sender] = group;
    if (sender === undefined || reached.has(address)) continue;
    const one = { news: build(group.map(({ chain }) => chain)), to: [sender.id] };
    messages.set(sender.chain.id, [...(messages.get(sender.chain.id) ?? []), one]);
  }
  return messages;
}
