import { type Chain, type ChainRun, currentRun } from '../chain/chain.ts';
import { patchRun } from '../chain/record-end.ts';
import { locateRun } from '../evidence/locate-run.ts';
import { type Folder, logsFolder, parentFolder } from '../job/run.ts';
import { readRunUrl, runUrl } from '../job/run-url.ts';
import { mostGangwayCalls } from '../trigger/call-budget.ts';
import { askGangway } from './ask-gangway.ts';
import { changeTask } from './change-task.ts';
import { findLaterRuns } from './find-later-runs.ts';
import type { Flow, FlowSettings } from './flow.ts';
import { judgePlace } from './judge-place.ts';

/**
 * From which looks on Gangway is asked, time after time, where the bucket still does not tell; asking the bucket costs
 * nobody anything.
 */
const looksAtGangway = [2, 8, 20];

type Place = Pick<ChainRun, 'buildId' | 'folder' | 'url'>;

/**
 * Finds the folder of the chain's current run, and keeps what it learned in the store. Prow makes the build id when
 * the run turns pending: the bucket's listing and the ProwJobs in it tell, or Gangway's `job_url`. The answer's
 * current run still has no folder where nothing tells yet; `null`: the chain has moved on meanwhile.
 */
export async function placeRun(flow: Flow, chain: Chain): Promise<Chain | null> {
  const run = currentRun(chain);
  if (run.folder !== null) return chain;
  const place =
    run.buildId === null ? await findInBucket(flow, chain, run) : await findFolder(flow, chain, run.buildId);
  if (place !== null) return changeTask(flow, chain, (known) => patchRun(known, run.prowJobId, place));
  return run.buildId === null ? askForPlace(flow, chain, run) : chain;
}

/** Where a build lies, with its page. */
export function placeOf({ prowUrl, bucket }: FlowSettings, buildId: string, folder: Folder | null): Place {
  return { buildId, folder, url: folder === null ? null : runUrl(prowUrl, bucket, folder) };
}

/** Of an attempt, whoever told the build id may have been wrong: where nothing lies there, the listing tells. */
async function findFolder(flow: Flow, chain: Chain, buildId: string): Promise<Place | null> {
  const run = currentRun(chain);
  const found = await locateRun(flow.source, flow.settings.bucket, chain.jobName, buildId);
  if (found.kind === 'unavailable') return null;
  if (found.kind === 'absent') return findInBucket(flow, chain, run);
  const isFirst = chain.runs.length === 1;
  const isForeign = !isFirst && (await judgePlace(flow.source, found.value, run.prowJobId)) === 'foreign';
  return isForeign ? findInBucket(flow, chain, run) : placeOf(flow.settings, buildId, found.value);
}

async function askForPlace(flow: Flow, chain: Chain, run: ChainRun): Promise<Chain | null> {
  const dueFrom = looksAtGangway[run.placeLooks] ?? Infinity;
  if (chain.tries < dueFrom || run.gangwayCalls >= mostGangwayCalls) return chain;
  const asked = await askGangway(flow, chain, (token) => flow.api.get(run.prowJobId, token));
  if (asked === null) return chain;
  const { answer, forget } = asked;
  const place = answer.kind === 'found' && answer.jobUrl !== null ? readRunUrl(answer.jobUrl) : null;
  const isOurs = place !== null && place.bucket === flow.settings.bucket;
  const learned = isOurs ? placeOf(flow.settings, place.buildId, place.folder) : {};
  // What was held back was not asked, so the next look does.
  const calls = answer.kind === 'held-back' ? 0 : 1;
  const counts = { placeLooks: run.placeLooks + calls, gangwayCalls: run.gangwayCalls + calls };
  const patch = { ...learned, ...counts };
  return changeTask(flow, chain, (known) => patchRun(forget(known), run.prowJobId, patch));
}

/** The new run lies beside the one before it. */
async function findInBucket(flow: Flow, chain: Chain, run: ChainRun): Promise<Place | null> {
  const before = chain.runs.slice(0, -1).findLast(({ buildId }) => buildId !== null);
  if (before?.buildId == null) return null;
  const folder = before.folder ?? logsFolder(chain.jobName, before.buildId);
  const found = await findLaterRuns(flow.source, parentFolder(folder), before.buildId);
  if (found.kind !== 'found') return null;
  const ours = found.value.find(({ prowJob }) => prowJob?.name === run.prowJobId);
  return ours === undefined ? null : placeOf(flow.settings, ours.buildId, ours.folder);
}
