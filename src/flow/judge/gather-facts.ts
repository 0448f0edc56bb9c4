import { type Chain, currentRun, intentOf } from '../../chain/chain.ts';
import type { Found } from '../../evidence/artifacts/artifact-source.ts';
import type { PastRun } from '../../history/past-runs.ts';
import { isLaterBuild, parentFolder } from '../../job/run.ts';
import type { JobStatus } from '../../job/status.ts';
import type { DecisionContext } from '../../rules/decide/context.ts';
import { findSilence } from '../../rules/decide/silence.ts';
import type { Flow } from '../flow.ts';
import { learnHistory } from '../../history/learn-history.ts';

/** Chains of one job that are asked for their attempts; older ones are out of any cooldown's reach. */
const maxChains = 50;

type Gathered = Omit<DecisionContext, 'outage' | 'lastAttemptAt'> & {
  /** The job's list is too large to be read, so another look does not help. */
  isPastTooLarge: boolean;
};

/** What the rules may ask for beside the run itself; the rest is told by all chains together. Throws `StoreUnavailable`. */
export async function gatherFacts(flow: Flow, chain: Chain, status: JobStatus): Promise<Gathered> {
  const now = flow.clock.now();
  // A success needs no history, so it waits for no list.
  const past = status === 'SUCCESS' ? nothingLearned : await readPastRuns(flow, chain);
  return {
    pastRuns: past.kind === 'found' ? past.value : null,
    isPastTooLarge: past.kind === 'too-large',
    earlierSignatures: chain.runs.slice(0, -1).flatMap(({ signature }) => signature ?? []),
    silence: findSilence(await flow.silences.list(now), chain.jobName, now),
  };
}

const nothingLearned = { kind: 'absent' } as const;

async function readPastRuns(flow: Flow, chain: Chain): Promise<Found<PastRun[]>> {
  const { folder, buildId } = currentRun(chain);
  if (folder === null || buildId === null) return nothingLearned;
  const learned = await learnHistory(flow, parentFolder(folder), { near: buildId });
  // A missing folder has no runs.
  if (learned.kind !== 'found' && learned.kind !== 'absent') return learned;
  const runs = learned.kind === 'found' ? learned.value : [];
  return { kind: 'found', value: runs.filter((run) => isLaterBuild(buildId, run.buildId)) };
}

/** When the job's newest attempt was made, is being made or will be; `null`: none is known. */
export async function findLastAttempt({ store }: Flow, { jobName }: Chain): Promise<number | null> {
  const query = {
    matchesJob: (name: string) => name === jobName,
    isProven: true,
    limit: maxChains,
  } as const;
  const { chains } = await store.page(query);
  const times = chains.flatMap((chain) => {
    const intent = intentOf(chain);
    return [
      ...chain.runs.filter(({ attempt }) => attempt > 0).map(({ openedAt }) => openedAt),
      ...(chain.state === 'scheduled' ? [chain.wakeAt] : []),
      ...(intent !== null && intent.postsSent > 0 ? [intent.writtenAt] : []),
    ];
  });
  return times.length === 0 ? null : Math.max(...times);
}
