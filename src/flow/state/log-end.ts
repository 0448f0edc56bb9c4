import type { Chain } from '../../chain/chain.ts';
import { whyUnheard } from '../../chain/proof.ts';
import type { Logger } from '../../logging.ts';

/** One line for each chain that ended: what needs a person is a warning. If our channels are silent, it says why. */
export function logEnd(log: Logger, chain: Chain): void {
  const { id, jobName, state, decision } = chain;
  const needsPerson = state === 'rejected' || state === 'needs-human';
  const why = needsPerson ? { because: decision?.because.at(-1) } : {};
  const unheard = whyUnheard(chain) ?? undefined;
  const line = { chain: id, job: jobName, state, reason: decision?.reason, unheard, ...why };
  log[needsPerson ? 'warn' : 'info'](line, 'chain ended');
}
