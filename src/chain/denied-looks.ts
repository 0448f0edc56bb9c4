import { type Chain, currentRun } from './chain.ts';
import { patchRun } from './record-end.ts';

/** One refusal may be a proxy's in front of the bucket; the second look in a row counts. */
const looksUntilSure = 2;

/** Whether a bucket that refuses now has refused before, with no look between that it answered. */
export function isDeniedAgain(chain: Chain): boolean {
  return currentRun(chain).deniedLooks + 1 >= looksUntilSure;
}

/** The bucket refused this look, which is no fact yet. */
export function countDenied(chain: Chain): Chain {
  const { prowJobId, deniedLooks } = currentRun(chain);
  return isDeniedAgain(chain) ? chain : patchRun(chain, prowJobId, { deniedLooks: deniedLooks + 1 });
}

/** The bucket did not refuse this look. */
export function forgetDenied(chain: Chain): Chain {
  const { prowJobId, deniedLooks } = currentRun(chain);
  return deniedLooks === 0 ? chain : patchRun(chain, prowJobId, { deniedLooks: 0 });
}
