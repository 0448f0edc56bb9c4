import { type ActionResult, cancelChain, retryChain, noteSilence } from '../../chain/actions.ts';
import { type Chain, type Hold, holdOf } from '../../chain/chain.ts';
import type { Flow } from '../flow.ts';
import { updateOutageNotice } from '../notices/outage-notice.ts';
import type { Silence } from '../../rules/decide/silence.ts';

/** What came of a person's wish for a chain; `absent`: there is none of that id. */
export type ActionOutcome = ActionResult | { kind: 'absent' };

/** Does what a person asks of a chain, unless its state speaks against it; throws `StoreUnavailable`. */
export async function applyAction(
  flow: Flow,
  id: string,
  act: (chain: Chain) => ActionResult,
): Promise<ActionOutcome> {
  let result: ActionResult | null = null;
  let hold: Hold | null = null;
  const changed = await flow.store.update(id, (chain) => {
    result = act(chain);
    hold = holdOf(chain);
    return result.kind === 'done' ? result.chain : chain;
  });
  if (changed === null || result === null) return { kind: 'absent' };
  const { kind } = result as ActionResult;
  // Whoever was taken out of an outage no longer waits in it.
  if (kind === 'done' && hold !== null) await updateOutageNotice(flow, hold);
  return kind === 'done' ? { kind, chain: changed } : result;
}

/** Calls the chain off. `by`: who, in words. */
export function cancel(flow: Flow, id: string, by?: string): Promise<ActionOutcome> {
  return applyAction(flow, id, (chain) => cancelChain(chain, flow.clock.now(), by));
}

/** Has the next attempt made now. `by`: who, in words. */
export function retry(flow: Flow, id: string, by?: string): Promise<ActionOutcome> {
  const hasOwnToken = flow.settings.gangwayToken !== null;
  return applyAction(flow, id, (chain) => retryChain(chain, hasOwnToken, flow.clock.now(), by));
}

/**
 * Mutes the job of a chain, and notes in the chain who did. `null`: there is no such chain. Throws `StoreUnavailable`;
 * where only the note could not be written, the silence is there and asking again makes a second one, which harms nobody.
 */
export async function silenceJob(
  { store, silences, clock }: Pick<Flow, 'store' | 'silences' | 'clock'>,
  chainId: string,
  wanted: Omit<Silence, 'job'>,
): Promise<Silence | null> {
  const chain = await store.get(chainId);
  if (chain === null) return null;
  const silence = { ...wanted, job: chain.jobName };
  await silences.add(silence);
  const now = clock.now();
  const { author, until, comment } = silence;
  await store.update(chainId, (known) => noteSilence(known, { author, until, comment }, now));
  return silence;
}
