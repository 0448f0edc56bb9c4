import { type Chain, currentRun } from '../chain/chain.ts';
import type { PastRun } from '../history/past-run.ts';
import { isLaterBuild, parentFolder } from '../job/run.ts';
import type { JobStatus } from '../job/status.ts';
import type { Facts } from '../rules/facts.ts';
import { findSilence } from '../rules/silence.ts';
import type { Flow } from './flow.ts';
import { learnHistory } from './learn-history.ts';

/** Chains of one job that are asked for their attempts; older ones are out of any cooldown's reach. */
const mostChains = 50;

/** What the rules may ask for beside the run itself; the rest is told by all chains together. Throws `StoreUnavailable`. */
export async function gatherFacts(
  flow: Flow,
  chain: Chain,
  status: JobStatus,
): Promise<Omit<Facts, 'outage' | 'lastAttemptAt'>> {
  const now = flow.clock.now();
  return {
    // A success needs no history, so it waits for no list.
    pastRuns: status === 'SUCCESS' ? null : await readPastRuns(flow, chain),
    earlierSignatures: chain.runs.slice(0, -1).flatMap(({ signature }) => signature ?? []),
    silence: findSilence(await flow.silences.list(now), chain.jobName, now),
  };
}

async function readPastRuns(flow: Flow, chain: Chain): Promise<PastRun[] | null> {
  const { folder, buildId } = currentRun(chain);
  if (folder === null || buildId === null) return null;
  const learned = await learnHistory(flow, parentFolder(folder), { near: buildId });
  if (learned.kind !== 'found' && learned.kind !== 'absent') return null;
  const runs = learned.kind === 'found' ? learned.value : [];
  return runs.filter((run) => isLaterBuild(buildId, run.buildId));
}

/** When the job's newest attempt was made, is being made or will be; `null`: none is known. */
export async function findLastAttempt({ store }: Flow, { jobName }: Chain): Promise<number | null> {
  const query = {
    matchesJob: (name: string) => name === jobName,
    isProven: true,
    limit: mostChains,
  } as const;
  const { chains } = await store.page(query);
  const times = chains.flatMap(({ runs, state, wakeAt, intent }) => [
    ...runs.filter(({ attempt }) => attempt > 0).map(({ openedAt }) => openedAt),
    ...(state === 'scheduled' && wakeAt !== null ? [wakeAt] : []),
    ...(intent !== null && intent.sent > 0 ? [intent.writtenAt] : []),
  ]);
  return times.length === 0 ? null : Math.max(...times);
}
