import { type Folder, isLaterBuild, type RunId } from '../job/run.ts';
import { type Chain, type ReportedLocation, currentRun } from './chain.ts';
import { keepEnds } from './credentials.ts';
import { noKeptOverrides } from './overrides.ts';
import { moveOn } from './transitions.ts';
import { openRun } from './open-chain.ts';

/** What a look at the place of a claim came to, by the `prowjob.json` there; `open`: it does not tell yet. */
export type LocationCheck =
  | { claim: ReportedLocation; verdict: 'ours'; folder: Folder; url: string }
  | { claim: ReportedLocation; verdict: 'foreign' | 'open' };

/** Where the first run lies by all that was said, what the chain goes by first; none where that is proven. */
export function openLocations(chain: Chain): ReportedLocation[] {
  if (chain.claims === null || chain.claims.length === 0) return [];
  return [...ownLocation(chain), ...chain.claims];
}

/** Whether a notification says of the first run what none said before, and nothing is proven. */
function isNewLocation(chain: Chain, run: RunId): boolean {
  const { claims, runs } = chain;
  if (claims === null || runs.length > 1 || currentRun(chain).prowJobId !== run.prowJobId) return false;
  return ![...ownLocation(chain), ...claims].some((each) => isSame(each, run));
}

/** Keeps what another notification says of the first run; the next look looks there, too. */
export function addLocation(chain: Chain, run: RunId, now: number): Chain {
  if (!isNewLocation(chain, run)) return chain;
  const { jobName, buildId } = run;
  const own = ownLocation(chain);
  const kept = keepEnds([...own, ...(chain.claims ?? []), { jobName, buildId }]);
  return { ...chain, claims: kept.slice(own.length), updatedAt: now };
}

/** Whether a place that was not known then has been named since `begun`. */
export function hasNewLocation(known: Chain, begun: Chain): boolean {
  const before = begun.claims ?? [];
  return (known.claims ?? []).some((claim) => !before.some((each) => isSame(each, claim)));
}

/** An ended chain whose first run could not be read: it is looked for anew at `wakeAt`, where it was said to lie. */
export function rereadFirstRun(chain: Chain, wakeAt: number, now: number): Chain {
  const { prowJobId, buildId, gangwayCalls } = currentRun(chain);
  const first = { ...openRun(prowJobId, buildId, 0, now), gangwayCalls };
  const fresh = { ...chain, root: prowJobId, runs: [first], type: null, refs: null, decision: null };
  const empty = { overrides: noKeptOverrides, envs: {}, hold: null, demanded: false };
  return moveOn({ ...fresh, ...empty }, 'judging', wakeAt, now);
}

/** The same, and also where this notification says. */
export function reopenFirstRun(chain: Chain, run: RunId, wakeAt: number, now: number): Chain {
  return addLocation(rereadFirstRun(chain, wakeAt, now), run, now);
}

/**
 * What looks at the places showed: the one that is the run's own is kept, the others are forgotten. Where none is, those
 * of other runs are forgotten, unless no other is left.
 */
export function applyLocationChecks(chain: Chain, looks: readonly LocationCheck[], now: number): Chain {
  if (chain.claims === null) return chain;
  // An evicted pod's run has two places; the later one is where it ends (PROW.md, 2).
  const [proven] = looks
    .filter((look) => look.verdict === 'ours')
    .toSorted((a, b) => (isLaterBuild(a.claim.buildId, b.claim.buildId) ? -1 : 1));
  if (proven !== undefined) return { ...goBy(chain, proven.claim, proven, now), claims: null };
  const foreign = looks.filter(({ verdict }) => verdict === 'foreign').map(({ claim }) => claim);
  const [first, ...rest] = openLocations(chain).filter(
    (claim) => !foreign.some((each) => isSame(each, claim)),
  );
  if (first === undefined) return { ...chain, claims: [] };
  return { ...goBy(chain, first, null, now), claims: rest };
}

/** The place that the chain goes by is another run's: it goes by the next that was named; `null`: there is none. */
export function useNextLocation(chain: Chain, now: number): Chain | null {
  const [claim, next] = openLocations(chain);
  if (claim === undefined || next === undefined) return null;
  return applyLocationChecks(chain, [{ claim, verdict: 'foreign' }], now);
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
