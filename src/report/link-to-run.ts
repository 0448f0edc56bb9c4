import type { ChainRun } from '../chain/chain.ts';
import { recordUrl } from '../job/run-url.ts';
import type { Link } from './message.ts';

/** A run's page; one that has none yet is shown by Prow's record of it, which is there from the start. */
export function linkToRun({ url, attempt, prowJobId }: ChainRun, prowUrl: string): Link {
  return {
    text: attempt === 0 ? 'the failed run' : `attempt ${attempt}`,
    url: url ?? recordUrl(prowUrl, prowJobId),
  };
}
