import { type Chain, currentRun } from '../../chain/chain.ts';
import { type ChainRun } from '../../chain/run.ts';
import { addReason } from '../../chain/move.ts';
import { patchRun } from '../../chain/record-end.ts';
import { describeHidden, type Hidden, locateRun } from '../../evidence/artifacts/locate-run.ts';
import { bucketOf, type Folder, readRunUrl, type RunPlace, runUrl } from '../../job/run.ts';
import { maxGangwayCalls } from '../../trigger/execution-api.ts';
import { askGangway } from '../gangway/ask-gangway.ts';
import { changeTask } from '../state/change-task.ts';
import { findLaterRuns } from '../../history/find-later-runs.ts';
import type { Flow, FlowSettings } from '../flow.ts';
import { checkRunIdentity } from './verify-location.ts';
import { jobFolderOf } from '../../history/list-builds.ts';

/**
 * From which looks on Gangway is asked, time after time, where the bucket still does not tell; asking the bucket costs
 * nobody anything.
 */
const looksAtGangway = [2, 8, 20];

type Place = Pick<ChainRun, 'buildId' | 'folder' | 'url'>;

interface ResolvedArtifacts {
  chain: Chain;
  /** Buckets that may hold the run and that are not read; `null`: there are none, or the run was found. */
  hidden: Hidden | null;
  /** A bucket gave no answer, so the run may still be there. */
  isUnanswered: boolean;
}

type Look = { place: Place } | { place: null; hidden: Hidden; isUnanswered?: true };

const nothingHidden: Hidden = { denied: [], elsewhere: null };

/**
 * Finds the folder of the chain's current run, and keeps what it learned in the store. Prow makes the build id when
 * the run turns pending: the buckets' listings and the ProwJobs in them tell, or Gangway's `job_url`. The answer's
 * current run still has no folder where nothing tells yet; `null`: the chain has moved on meanwhile.
 */
export async function resolveArtifacts(flow: Flow, chain: Chain): Promise<ResolvedArtifacts | null> {
  const run = currentRun(chain);
  const left = run.folder === null || isRead(flow, run.folder) ? null : bucketOf(run.folder);
  if (run.folder !== null && left === null) return { chain, hidden: null, isUnanswered: false };
  const look =
    run.buildId === null ? await findInBucket(flow, chain, run) : await findFolder(flow, chain, run.buildId);
  if (look.place !== null) {
    const { place } = look;
    return hide(
      await changeTask(flow, chain, (known) => patchRun(known, run.prowJobId, place)),
      nothingHidden,
    );
  }
  // The settings no longer name the bucket in which the run was seen.
  const hidden = { ...look.hidden, elsewhere: look.hidden.elsewhere ?? left };
  const placed = hide(run.buildId === null ? await askForPlace(flow, chain, run) : chain, hidden);
  return placed && { ...placed, isUnanswered: look.isUnanswered === true };
}

function hide(chain: Chain | null, hidden: Hidden): ResolvedArtifacts | null {
  const isHidden = describeHidden(hidden).length > 0;
  return chain && { chain, hidden: isHidden ? hidden : null, isUnanswered: false };
}

/** Whether the folder's bucket is one of those that are read. */
function isRead({ source }: Pick<Flow, 'source'>, folder: Folder): boolean {
  return source.buckets.includes(bucketOf(folder));
}

/** Where a build lies, with its page. */
export function locationOf(
  { prowUrl }: Pick<FlowSettings, 'prowUrl'>,
  buildId: string,
  folder: Folder | null,
): Place {
  return { buildId, folder, url: folder === null ? null : runUrl(prowUrl, folder) };
}

/** The chain with its run where Gangway's `job_url` says, which is followed into our own buckets only. */
export function followJobUrl(flow: Flow, chain: Chain, { folder, buildId }: RunPlace): Chain {
  const { prowJobId, attempt } = currentRun(chain);
  const isOurs = isRead(flow, folder);
  const placed = patchRun(chain, prowJobId, locationOf(flow.settings, buildId, isOurs ? folder : null));
  if (isOurs) return placed;
  const why = describeHidden({ denied: [], elsewhere: bucketOf(folder) }).join('; ');
  return addReason(placed, { kind: 'attempt-unreadable', attempt, why });
}

/** Of an attempt, whoever told the build id may have been wrong: where nothing lies there, the listing tells. */
async function findFolder(flow: Flow, chain: Chain, buildId: string): Promise<Look> {
  const run = currentRun(chain);
  const found = await locateRun(flow.source, chain.jobName, buildId);
  if (found.kind === 'unavailable') return { place: null, hidden: nothingHidden, isUnanswered: true };
  if (found.kind === 'absent') {
    const look = await findInBucket(flow, chain, run);
    return look.place === null ? { place: null, hidden: found } : look;
  }
  const isFirst = chain.runs.length === 1;
  const isForeign =
    !isFirst && (await checkRunIdentity(flow.source, found.value, run.prowJobId)) === 'foreign';
  return isForeign
    ? findInBucket(flow, chain, run)
    : { place: locationOf(flow.settings, buildId, found.value) };
}

async function askForPlace(flow: Flow, chain: Chain, run: ChainRun): Promise<Chain | null> {
  const dueFrom = looksAtGangway[run.placeLooks] ?? Infinity;
  if (chain.tries < dueFrom || run.gangwayCalls >= maxGangwayCalls) return chain;
  const asked = await askGangway(flow, chain, (caller) => flow.api.get(run.prowJobId, caller));
  if (asked === null) return chain;
  const { answer, note } = asked;
  const place = answer.kind === 'found' && answer.jobUrl !== null ? readRunUrl(answer.jobUrl) : null;
  // What was held back was not asked, so the next look does.
  const calls = answer.kind === 'held-back' ? 0 : 1;
  const counts = { placeLooks: run.placeLooks + calls, gangwayCalls: run.gangwayCalls + calls };
  return changeTask(flow, chain, (known) => {
    const counted = patchRun(note(known), run.prowJobId, counts);
    return place === null ? counted : followJobUrl(flow, counted, place);
  });
}

/** The new run lies beside the one before it, or at the same path in another bucket. */
async function findInBucket({ source, settings }: Flow, chain: Chain, run: ChainRun): Promise<Look> {
  const before = chain.runs.slice(0, -1).findLast(({ buildId }) => buildId !== null);
  if (before?.buildId == null) return { place: null, hidden: nothingHidden };
  const folder = jobFolderOf(source, chain.jobName, before.folder);
  const { runs, denied } = await findLaterRuns(source, folder, { after: before.buildId });
  const ours = runs.find(({ prowJob }) => prowJob?.name === run.prowJobId);
  return ours === undefined
    ? { place: null, hidden: { denied, elsewhere: null } }
    : { place: locationOf(settings, ours.buildId, ours.folder) };
}
