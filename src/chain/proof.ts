import { isFinished, type JobStatus } from '../job/status.ts';
import { type Chain, currentRun, type Proof, type Trust } from './chain.ts';

/** What a `prowjob.json` and the files beside it show of a run; `null`: unknown. */
export interface Sighting {
  prowJobId: string | null;
  jobName: string | null;
  /** `null`: the run has not ended. */
  status: JobStatus | null;
}

/**
 * Whether the failure is real, as far as we can tell. Anyone can send a notification, so unproven chains are bounded,
 * trigger nothing and are not shown in our own channels.
 */
export function isProven({ proof, trust }: Pick<Chain, 'proof' | 'trust'>): boolean {
  return proof === 'failed' || trust === 'secret';
}

/** Whether the first run is known to exist. */
export function isListed({ proof, trust }: Pick<Chain, 'proof' | 'trust'>): boolean {
  return proof !== 'none' || trust === 'secret';
}

/** Whether the service's own Slack addresses and channel get the chain's messages. */
export function isForOurChannels(chain: Pick<Chain, 'proof' | 'trust'>): boolean {
  return whyUnheard(chain) === null;
}

/** Why our own channels hear nothing of the chain yet; `null`: they hear of it. */
export function whyUnheard(chain: Pick<Chain, 'proof' | 'trust'>): string | null {
  if (!isProven(chain)) return 'failure not proven';
  return chain.trust === 'none' ? 'no token accepted by Gangway yet' : null;
}

/** The chain with this trust, unless it has more already. */
export function raiseTrust(chain: Chain, trust: Trust): Chain {
  return trustRank.indexOf(trust) > trustRank.indexOf(chain.trust) ? { ...chain, trust } : chain;
}

/** The chain with what a look at its first run showed. A proof is never lost. */
export function applySighting(chain: Chain, seen: Sighting): Chain {
  const proof = chain.runs.length === 1 && names(chain, seen) ? proofOf(seen) : 'none';
  return proofRank.indexOf(proof) > proofRank.indexOf(chain.proof) ? { ...chain, proof } : chain;
}

const proofRank: readonly Proof[] = ['none', 'listed', 'failed'];
const trustRank: readonly Trust[] = ['none', 'token', 'secret'];

function names(chain: Chain, { prowJobId, jobName }: Sighting): boolean {
  // Prow files a run under its job's name, so a `prowjob.json` without a job name belongs to the job, too.
  return prowJobId === currentRun(chain).prowJobId && (jobName ?? chain.jobName) === chain.jobName;
}

function proofOf({ status }: Sighting): Proof {
  return status !== null && isFinished(status) && status !== 'SUCCESS' ? 'failed' : 'listed';
}
