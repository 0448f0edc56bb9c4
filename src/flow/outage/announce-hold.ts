import { type CanaryHold, type Chain, holdOf } from '../../chain/chain.ts';
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
  const describe = (group: readonly Chain[]): string => describeHold(hold, nameable(members, group));
  const messages = shareMessage(flow, members, describe, announced);
  for (const { id } of unannounced ?? [])
    await flow.store.update(id, (chain) => announceHold(chain, messages.get(id) ?? [], flow.clock.now()));
}

/** The chains that a message about a hold may name to one address: its own, and those of our channels if it is one of them. */
function nameable(members: readonly Chain[], group: readonly Chain[]): Chain[] {
  const seesOurs = group.some(isForOurChannels);
  return members.filter((chain) => group.includes(chain) || (seesOurs && isForOurChannels(chain)));
}

function describeHold({ key, canary }: CanaryHold, named: readonly Chain[]): string {
  const first = named.find(({ id }) => id === canary.id)?.jobName ?? 'Another job';
  const held = named.filter(({ state }) => state === 'held').map(({ jobName }) => jobName);
  const others =
    held.length === 0
      ? 'those that fail so from now on wait until it ends'
      : `these wait until it ends: ${held.toReversed().join(', ')}`;
  return `Jobs fail alike (${key}). ${first} goes first; ${others}`;
}

/**
 * Which chain sends a message about several, so that each address to which one of them reports gets it once, and none that
 * the chains in `announced` reached. `describe` words it for the chains of an address.
 */
export function shareMessage(
  flow: Flow,
  chains: readonly Chain[],
  describe: (chains: readonly Chain[]) => string,
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
    const one = { detail: describe(group.map(({ chain }) => chain)), to: [sender.id] };
    messages.set(sender.chain.id, [...(messages.get(sender.chain.id) ?? []), one]);
  }
  return messages;
}
