import type { Chain } from '../../chain/chain.ts';
import { defaultAddress } from '../../chain/credentials.ts';
import { addressesOf } from '../../chain/outbox.ts';
import { isForOurChannels } from '../../chain/proof.ts';
import type { Fingerprint, Secret } from '../../secret.ts';
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
  mark: Fingerprint,
  audience: Message['audience'],
): Secret | null {
  const known = chain.credentials.addresses.find((each) => each.mark === mark);
  const ours = isForOurChannels(chain) ? settings : { slackWebhook: null, slackErrorsWebhook: null };
  const kept = mark === defaultAddress.mark ? defaultAddress : known;
  if (kept === undefined) return null;
  const people = open(kept.slack) ?? ours.slackWebhook;
  if (audience === 'people') return people;
  return open(kept.slackErrors) ?? ours.slackErrorsWebhook ?? people;

  function open(sealed: string | null): Secret | null {
    return sealed === null ? null : seal.open(sealed);
  }
}

/** Whether the chain still knows what a mark stands for. */
export function knowsAddress({ credentials }: Chain, mark: Fingerprint): boolean {
  return mark === defaultAddress.mark || credentials.addresses.some((each) => each.mark === mark);
}

/** Where people hear of the chain, as plain text: an address each time once, whoever brought it. */
export function listAddresses(flow: Addressing, chain: Chain): { mark: Fingerprint; address: string }[] {
  const all = addressesOf(chain).map((mark) => {
    const address = pickAddress(flow, chain, mark, 'people')?.reveal() ?? '';
    return { mark, address };
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
