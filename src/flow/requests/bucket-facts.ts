import {
  type ArtifactSource,
  describeMiss,
  type Found,
  type Missed,
} from '../../evidence/artifacts/artifact-source.ts';
import type { Evidence } from '../../evidence/evidence.ts';
import { gatherEvidence } from '../../evidence/gather-evidence.ts';
import { countFailuresInRow, type PastView, summarizeAttempts } from '../../history/statistics.ts';
import { MemoryPastRuns, type PastRun } from '../../history/past-runs.ts';
import { carriesLineage, type Lineage, readLineage } from '../../trigger/lineage.ts';
import { type Folder, parentFolder } from '../../job/run.ts';
import type { DecisionContext } from '../../rules/decide/context.ts';
import { type BucketRun, findLaterRuns } from '../../history/find-later-runs.ts';
import type { FoundRun } from './find-run.ts';
import { learnHistory } from '../../history/learn-history.ts';
import { foldersOf } from '../../history/list-builds.ts';
import { KeyedLock } from '../../time/keyed-lock.ts';

/** No rule allows more attempts. */
const maxSiblings = 10;

/** When the run ended, in ms since the epoch, and how far back its job's runs count, ms. */
interface Since {
  endedAt: number;
  windowMs: number;
}

interface BucketFacts {
  facts: DecisionContext;
  view: PastView;
}

/** The facts that the rules would have had when the run ended (`endedAt`), as far as the bucket tells them. */
export async function readBucketFacts(
  source: ArtifactSource,
  { buildId, folder }: FoundRun,
  evidence: Evidence,
  { endedAt, windowMs }: Since,
): Promise<BucketFacts> {
  const jobFolder = parentFolder(folder);
  const pastRuns = new MemoryPastRuns({ now: () => endedAt });
  const [learned, later] = await Promise.all([
    // The runs right before the build count, even if it is old.
    learnHistory({ source, pastRuns, locks: new KeyedLock() }, jobFolder, { before: buildId }),
    findLaterRuns(source, jobFolder, { after: buildId }),
  ]);
  const runs = readList(learned);
  const lineage = readLineage(evidence);
  const facts: DecisionContext = {
    pastRuns: runs,
    earlierSignatures: lineage === null ? [] : await readSignatures(source, jobFolder, runs ?? [], lineage),
    lastAttemptAt: runs?.find(({ attempt }) => attempt > 0)?.startedAt ?? null,
    silence: null,
    outage: null,
  };
  return {
    facts,
    view: {
      window_ms: windowMs,
      ...viewRuns(runs, evidence, { endedAt, windowMs }),
      ...viewLater(isUnread(later.missed) ? null : later.runs, evidence),
      gaps: formatGaps(learned, later.missed),
    },
  };
}

/** Of the earlier runs of the same chain, as their labels tell. */
async function readSignatures(
  source: ArtifactSource,
  jobFolder: Folder,
  runs: readonly PastRun[],
  { root, attempt }: Lineage,
): Promise<string[]> {
  const maybe = runs.filter((run) => run.prowJobId === root || (run.attempt > 0 && run.attempt < attempt));
  const kin = await Promise.all(maybe.slice(0, maxSiblings).map((run) => readKin(source, jobFolder, run)));
  const own = kin.filter((each) => each.prowJobId === root || readLineage(each)?.root === root);
  return own.flatMap(({ signature }) => signature ?? []);
}

/** The evidence of an earlier run, from the bucket that has it. */
async function readKin(source: ArtifactSource, jobFolder: Folder, { buildId }: PastRun): Promise<Evidence> {
  const [own = jobFolder, ...others] = foldersOf(source, jobFolder);
  const evidence = await gatherEvidence(source, `${own}/${buildId}`);
  if (evidence.prowJobId !== null) return evidence;
  for (const folder of others) {
    const elsewhere = await gatherEvidence(source, `${folder}/${buildId}`);
    if (elsewhere.prowJobId !== null) return elsewhere;
  }
  return evidence;
}

function viewRuns(
  runs: readonly PastRun[] | null,
  { status }: Evidence,
  { endedAt, windowMs }: Since,
): Pick<PastView, 'consecutive_failures' | 'attempts' | 'flake_rate'> {
  if (runs === null) return { consecutive_failures: null, attempts: null, flake_rate: null };
  const before = countFailuresInRow(runs, windowMs, endedAt);
  const { count, flakeRate } = summarizeAttempts(runs, windowMs, endedAt);
  const own = status === 'FAILURE' || status === 'ERROR' ? 1 : 0;
  return {
    consecutive_failures: status === 'SUCCESS' ? 0 : before + own,
    attempts: count,
    flake_rate: flakeRate,
  };
}

/** An evicted pod goes on under a new build id and the same ProwJob (PROW.md, 2): that is no newer run. */
function viewLater(
  runs: readonly BucketRun[] | null,
  evidence: Evidence,
): Pick<PastView, 'newer_run' | 'newer_attempt'> {
  const { prowJobId } = evidence;
  if (runs === null) return { newer_run: null, newer_attempt: null };
  const others = runs.filter(({ prowJob }) => prowJobId === null || prowJob?.name !== prowJobId);
  const own = readLineage(evidence) ?? { root: prowJobId, attempt: 0 };
  const attempts = others.flatMap(({ buildId, prowJob }) => {
    const attempt = prowJob === null ? 0 : (readLineage(prowJob)?.attempt ?? 0);
    if (prowJob === null || own.root === null || attempt <= own.attempt) return [];
    return carriesLineage(prowJob, { root: own.root, attempt })
      ? [{ newer_run: buildId, newer_attempt: attempt }]
      : [];
  });
  return attempts.at(0) ?? { newer_run: others[0]?.buildId ?? 'none', newer_attempt: null };
}

function formatGaps(learned: Found<PastRun[]>, later: Missed | null): string[] {
  return [
    ...(isUnread(learned) ? [`The job's earlier runs could not be read (${describeMiss(learned)}).`] : []),
    ...(isUnread(later) ? [`Whether there is a newer run could not be read (${describeMiss(later)}).`] : []),
  ];
}

function isUnread(found: Found<unknown> | null): found is Exclude<Missed, { kind: 'absent' }> {
  return found !== null && found.kind !== 'found' && found.kind !== 'absent';
}

/** A folder that is not there holds nothing. */
function readList<T>(found: Found<T[]>): T[] | null {
  if (isUnread(found)) return null;
  return found.kind === 'found' ? found.value : [];
}
