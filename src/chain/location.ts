import { type Folder, isLaterBuild, type RunId } from '../job/run.ts';
import { type Chain, currentRun, type ReportedLocation } from './chain.ts';
import { openRun } from './run.ts';
import { maxCandidates } from './credentials.ts';
import { noKeptOverrides } from './overrides.ts';
import { move } from './move.ts';

/** What the `prowjob.json` at a reported location shows; `open`: it does not show whose run it is yet. */
export type LocationCheck =
  | { location: ReportedLocation; verdict: 'ours'; folder: Folder; url: string }
  | { location: ReportedLocation; verdict: 'foreign' | 'open' };

/** All reported locations of the first run, the one that the chain uses first; none if its location is proven. */
export function openLocations(chain: Chain): ReportedLocation[] {
  const others = chain.reportedLocations ?? [];
  return others.length === 0 ? [] : [...ownLocation(chain), ...others];
}

/** Whether a notification reports a location of the first run that none reported before, and none is proven. */
function isNewLocation(chain: Chain, run: RunId): boolean {
  const { reportedLocations, runs } = chain;
  if (reportedLocations === null || runs.length > 1 || currentRun(chain).prowJobId !== run.prowJobId)
    return false;
  return ![...ownLocation(chain), ...reportedLocations].some((each) => isSame(each, run));
}

/** Keeps the location that another notification reports of the first run; the next check looks there, too. */
export function addLocation(chain: Chain, run: RunId, now: number): Chain {
  if (!isNewLocation(chain, run)) return chain;
  const { jobName, buildId } = run;
  const others = [...(chain.reportedLocations ?? []), { jobName, buildId }];
  // The one that the chain uses is the eighth.
  return { ...chain, reportedLocations: others.slice(1 - maxCandidates), updatedAt: now };
}

/** Whether a location has been reported since `begun`. */
export function hasNewLocation(known: Chain, begun: Chain): boolean {
  const before = begun.reportedLocations ?? [];
  return (known.reportedLocations ?? []).some((location) => !before.some((each) => isSame(each, location)));
}

/** An ended chain whose first run could not be read: it is looked for again at `wakeAt`. `by`: the person who asked. */
export function rereadFirstRun(chain: Chain, wakeAt: number, now: number, by: string | null = null): Chain {
  const { prowJobId, buildId, gangwayCalls } = currentRun(chain);
  const first = { ...openRun(prowJobId, buildId, 0, now), gangwayCalls };
  const fresh = { ...chain, root: prowJobId, runs: [first], type: null, refs: null, decision: null };
  const empty = { overrides: noKeptOverrides, envs: {}, canaryOf: null };
  return move({ ...fresh, ...empty }, 'reopened', { state: 'judging', wakeAt }, now, { by });
}

/** The same, and also where this notification says. */
export function reopenFirstRun(chain: Chain, run: RunId, wakeAt: number, now: number): Chain {
  return addLocation(rereadFirstRun(chain, wakeAt, now), run, now);
}

/**
 * Keeps the location that proves to be the run's own and forgets the others. If none does, it forgets those of other
 * runs, unless no other is left.
 */
export function applyLocationChecks(chain: Chain, looks: readonly LocationCheck[], now: number): Chain {
  if (chain.reportedLocations === null) return chain;
  // An evicted pod's run has two places; the later one is where it ends (PROW.md, 2).
  const [proven] = looks
    .filter((look) => look.verdict === 'ours')
    .toSorted((a, b) => (isLaterBuild(a.location.buildId, b.location.buildId) ? -1 : 1));
  if (proven !== undefined) return { ...goBy(chain, proven.location, proven, now), reportedLocations: null };
  const foreign = looks.filter(({ verdict }) => verdict === 'foreign').map(({ location }) => location);
  const [first, ...rest] = openLocations(chain).filter(
    (claim) => !foreign.some((each) => isSame(each, claim)),
  );
  if (first === undefined) return { ...chain, reportedLocations: [] };
  return { ...goBy(chain, first, null, now), reportedLocations: rest };
}

/** The location that the chain uses is another run's: it uses the next reported one. `null`: there is none. */
export function useNextLocation(chain: Chain, now: number): Chain | null {
  const [location, next] = openLocations(chain);
  if (location === undefined || next === undefined) return null;
  return applyLocationChecks(chain, [{ location, verdict: 'foreign' }], now);
}

/** `place`: where that is, once it is proven. */
function goBy(
  chain: Chain,
  { jobName, buildId }: ReportedLocation,
  place: { folder: Folder; url: string } | null,
  now: number,
): Chain {
  const run = currentRun(chain);
  const isMoved = !ownLocation(chain).some((own) => isSame(own, { jobName, buildId }));
  if (!isMoved && place === null) return chain;
  const { folder, url } = place ?? { folder: null, url: null };
  const moved = { ...run, buildId, folder, url, endSeenAt: isMoved ? null : run.endSeenAt };
  return { ...chain, jobName, runs: [moved], updatedAt: now };
}

/** Where the chain looks for its first run. */
function ownLocation(chain: Chain): ReportedLocation[] {
  const { buildId } = currentRun(chain);
  return buildId === null || chain.runs.length > 1 ? [] : [{ jobName: chain.jobName, buildId }];
}

function isSame(one: ReportedLocation, other: ReportedLocation): boolean {
  return one.jobName === other.jobName && one.buildId === other.buildId;
}
