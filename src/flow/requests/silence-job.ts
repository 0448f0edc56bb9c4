import { noteSilence } from '../../chain/actions.ts';
import { sayTime } from '../../report/say-time.ts';
import type { Silence } from '../../rules/decide/silence.ts';
import type { Flow } from '../flow.ts';

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
  const detail = `${author} silenced the job until ${sayTime(until, now)}: ${comment}`;
  await store.update(chainId, (known) => noteSilence(known, detail, until, now));
  return silence;
}
