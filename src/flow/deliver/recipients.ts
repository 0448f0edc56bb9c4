import type { Chain, RecipientId } from '../../chain/chain.ts';
import { addressesOf, recipientKey, recipientOf } from '../../chain/outbox.ts';
import { isForOurChannels } from '../../chain/proof.ts';
import type { Sealed, Secret } from '../../secret.ts';
import type { Message } from '../../report/message.ts';
import type { Flow } from '../flow.ts';
import type { ChannelPublisher } from '../../report/reporter.ts';

type Addressing = Pick<Flow, 'seal' | 'settings'>;

/**
 * Where the reports to one of a chain's addresses go. What needs a person must reach one: without an errors address it
 * goes with the rest. If the chain is for our channels, the addresses of the settings replace those that a notification did
 * not bring. `null`: nowhere.
 */
export function pickAddress(
  { seal, settings }: Addressing,
  chain: Chain,
  id: RecipientId,
  audience: Message['audience'],
): Secret | null {
  const kept = findAddress(chain, id);
  if (kept === null) return null;
  const ours = isForOurChannels(chain) ? settings : { slackWebhook: null, slackErrorsWebhook: null };
  const people = open(kept.slack) ?? ours.slackWebhook;
  if (audience === 'people') return people;
  return open(kept.slackErrors) ?? ours.slackErrorsWebhook ?? people;

  function open(sealed: Sealed | null): Secret | null {
    return sealed === null ? null : seal.open(sealed);
  }
}

/** The sealed addresses of a recipient; `null`: the chain has forgotten them, or it is a thread. */
function findAddress(
  { credentials }: Chain,
  id: RecipientId,
): { slack: Sealed | null; slackErrors: Sealed | null } | null {
  if (id.kind === 'default') return { slack: null, slackErrors: null };
  const known = credentials.addresses.find((each) => recipientKey(recipientOf(each)) === recipientKey(id));
  return known?.kind === 'address' ? known : null;
}

/** Whether the chain still has the addresses of a recipient. */
export function knowsAddress(chain: Chain, id: RecipientId): boolean {
  return findAddress(chain, id) !== null;
}

/** Where people read of the chain, as plain text: each address once, however many notifications brought it. */
export function listAddresses(flow: Addressing, chain: Chain): { id: RecipientId; address: string }[] {
  const all = addressesOf(chain).map((id) => {
    const address = pickAddress(flow, chain, id, 'people')?.reveal() ?? '';
    return { id, address };
  });
  return [...new Map(all.toReversed().map((each) => [each.address, each])).values()];
}

/** Where the service posts its own problems. */
type ErrorsChannel =
  | { kind: 'address'; address: Secret }
  | { kind: 'channel'; publisher: ChannelPublisher; channel: string };

/**
 * The errors address if it is set, else the channel of the Slack app, else the address for all messages. `null`: none
 * is set.
 */
export function pickErrorsChannel({
  publisher,
  settings,
}: Pick<Flow, 'publisher' | 'settings'>): ErrorsChannel | null {
  const { slackWebhook, slackErrorsWebhook, slackChannel } = settings;
  if (slackErrorsWebhook !== null) return { kind: 'address', address: slackErrorsWebhook };
  if (publisher !== null && slackChannel !== null)
    return { kind: 'channel', publisher, channel: slackChannel };
  return slackWebhook === null ? null : { kind: 'address', address: slackWebhook };
}
