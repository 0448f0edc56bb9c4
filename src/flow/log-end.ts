import type { Chain } from '../chain/chain.ts';
import type { Logger } from '../logging.ts';

/** One line for each chain that ended: what needs a person is a warning. */
export function logEnd(log: Logger, { id, jobName, state, decision }: Chain): void {
  const needsPerson = state === 'rejected' || state === 'needs-human';
  const why = needsPerson ? { because: decision?.because.at(-1) } : {};
  const line = { chain: id, job: jobName, state, reason: decision?.reason, ...why };
  log[needsPerson ? 'warn' : 'info'](line, 'chain ended');
}
