import { type Chain, type ChainRun, currentRun } from '../chain/chain.ts';
import { patchRun } from '../chain/record-end.ts';
import { locateRun } from '../evidence/locate-run.ts';
import { logsFolder, parentFolder } from '../job/run.ts';
import { readRunUrl, runUrl } from '../job/run-url.ts';
import { findLaterRuns } from './find-later-runs.ts';
import type { Flow } from './flow.ts';
import { pickToken } from './pick-token.ts';

/** What one retry may cost of a rate that all of Gangway's clients share. */
export const mostGangwayCalls = 5;

/** At which looks Gangway is asked, where the bucket still does not tell; asking the bucket costs nobody anything. */
const looksAtGangway = [2, 8, 20];

/**
 * Finds the folder of the chain's current run, and keeps what it learned in the store. Prow makes the build id when
 * the run turns pending: the bucket's listing and the ProwJobs in it tell, or Gangway's `job_url`.
 * The answer's current run still has no folder where nothing tells yet.
 */
export async function placeRun(flow: Flow, chain: Chain): Promise<Chain> {
  const run = currentRun(chain);
  if (run.folder !== null) return chain;
  const learned = run.buildId === null ? await learnPlace(flow, chain, run) : {};
  const buildId = learned.buildId ?? run.buildId;
  const folder = learned.folder ?? (buildId === null ? null : await findFolder(flow, chain.jobName, buildId));
  const url = folder === null ? null : runUrl(flow.settings.prowUrl, flow.settings.bucket, folder);
  const patch = { ...learned, ...(buildId === null ? {} : { buildId }), folder, url };
  return (await flow.store.update(chain.id, (now) => patchRun(now, run.prowJobId, patch))) ?? chain;
}

async function findFolder(flow: Flow, jobName: string, buildId: string): Promise<string | null> {
  const found = await locateRun(flow.source, flow.settings.bucket, jobName, buildId);
  return found.kind === 'found' ? found.value : null;
}

async function learnPlace(flow: Flow, chain: Chain, run: ChainRun): Promise<Partial<ChainRun>> {
  const found = await findInBucket(flow, chain, run);
  const token = pickToken(flow, chain);
  const asks = looksAtGangway.includes(chain.tries) && run.gangwayCalls < mostGangwayCalls;
  if (found !== null || !asks || token === null) return found ?? {};
  const gangwayCalls = run.gangwayCalls + 1;
  const answer = await flow.api.get(run.prowJobId, token);
  const place = answer.kind === 'found' && answer.jobUrl !== null ? readRunUrl(answer.jobUrl) : null;
  if (place === null || place.bucket !== flow.settings.bucket) return { gangwayCalls };
  return { buildId: place.buildId, folder: place.folder, gangwayCalls };
}

/** The new run lies beside the one before it. */
async function findInBucket(
  flow: Flow,
  chain: Chain,
  run: ChainRun,
): Promise<Pick<ChainRun, 'buildId' | 'folder'> | null> {
  const before = chain.runs.findLast(({ buildId }) => buildId !== null);
  if (before?.buildId == null) return null;
  const folder = before.folder ?? logsFolder(chain.jobName, before.buildId);
  const found = await findLaterRuns(flow.source, parentFolder(folder), before.buildId);
  if (found.kind !== 'found') return null;
  const ours = found.value.find(({ prowJob }) => prowJob?.name === run.prowJobId);
  return ours === undefined ? null : { buildId: ours.buildId, folder: ours.folder };
}
