import { type Chain, type Missing, missingOf } from '../../chain/chain.ts';
import { type ChainRun } from '../../chain/run.ts';
import type { DecisionReason } from '../../chain/decision.ts';

/** What a person is to do about an ended chain as it stands; `null`: nothing. */
export function describeNextStep(chain: Chain): string | null {
  const { state, runs, decision } = chain;
  const reason = decision?.reason ?? null;
  if (state === 'rejected') return nextAfterRefusal;
  if (state === 'needs-human') return nextAfterGivingUp(missingOf(chain));
  const isCalledOff = reason === 'cancelled' || reason === 'silenced';
  const isFailed = state === 'exhausted' || (state === 'skipped' && !isCalledOff);
  return isFailed ? nextAfterFailure(runs, reason) : null;
}

/** The failure is not tried again. */
export function nextAfterFailure(runs: readonly ChainRun[], reason: DecisionReason | null): string {
  if (reason === 'superseded' || reason === 'retried-by-prow') {
    return 'Nothing to do: what becomes of the newer run counts.';
  }
  if (reason === 'managed-elsewhere' && runs.length <= 1) {
    return 'No action needed: the manager of the run decides whether to retry it.';
  }
  return `Next: read ${countRuns(runs)}, and start the job by hand if it deserves another try.`;
}

/** Gangway refused the attempt. */
export const nextAfterRefusal =
  'Next: if the token was rejected, renew it or grant it the right to start the job, then send the same notification ' +
  'again. If Prow does not know the job, fix the job name. Otherwise start the job manually, or press Retry (uses ' +
  'RETRIGGER_GANGWAY_TOKEN).';

/** The chain cannot go on by itself; `missing`: what it needs for that. */
export function nextAfterGivingUp(missing: Missing | null): string {
  if (missing !== null) return remedies[missing];
  return "Next: look at the job's runs in Prow, and start it by hand if none is newer than the failed one.";
}

/** What reopens a chain that ended because something is missing. */
const remedies: Record<Missing, string> = {
  token:
    'Next: send the notification again, and the chain goes on with the token that it brings; where no key opened the ' +
    'last one, put that key back into RETRIGGER_SECRET_KEY first. Or start the job by hand.',
  location:
    'Next: check the job name, the build id, and that RETRIGGER_GCS_BUCKET names the bucket of the run and it is public. ' +
    'Then send the notification again, or use Retry (needs RETRIGGER_GANGWAY_TOKEN): the run is read again.',
};

function countRuns({ length }: readonly ChainRun[]): string {
  if (length <= 1) return 'the run';
  return length === 2 ? 'both runs' : 'the runs';
}
