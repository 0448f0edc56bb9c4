import { type Folder, isLaterBuild, type RunId } from '../job/run.ts';
import { type Chain, type ChainRun, type Claim, currentRun } from './chain.ts';
import { moveOn } from './move-chain.ts';
import { openRun } from './open-chain.ts';

/** The newest: who tells the truth is proven at the next look, so a flood before him takes no place away. */
const mostClaims = 4;

/** What a look at the place of a claim came to, by the `prowjob.json` there; `open`: it does not tell yet. */
export type ClaimLook =
  | { claim: Claim; verdict: 'ours'; folder: Folder; url: string }
  | { claim: Claim; verdict: 'foreign' | 'open' };

/** Where the first run lies by all that was said, what the chain goes by first; none where that is proven. */
export function openClaims(chain: Chain): Claim[] {
  const [first] = chain.runs;
  if (chain.claims === null || chain.claims.length === 0 || chain.runs.length > 1) return [];
  return [{ jobName: chain.jobName, buildId: first?.buildId ?? '' }, ...chain.claims];
}

/** Whether a notification says of the first run what none said before, and nothing is proven. */
export function isNewClaim({ claims, jobName, runs }: Chain, run: RunId): boolean {
  const [first] = runs;
  if (claims === null || runs.length > 1 || first?.prowJobId !== run.prowJobId) return false;
  return ![{ jobName, buildId: first.buildId }, ...claims].some((each) => isSame(each, run));
}

/** Keeps what another notification says of the first run, to be looked at soon. */
export function addClaim(chain: Chain, run: RunId, now: number): Chain {
  if (!isNewClaim(chain, run)) return chain;
  const { jobName, buildId } = run;
  const claims = [...(chain.claims ?? []), { jobName, buildId }].slice(-mostClaims);
  const wakeAt = chain.state === 'judging' ? now : chain.wakeAt;
  return { ...chain, claims, wakeAt, updatedAt: now };
}

/** An ended chain whose first run was nowhere: it is looked for anew, at the place that this notification names. */
export function reopenFirstRun(chain: Chain, run: RunId, now: number): Chain {
  const { prowJobId, buildId, gangwayCalls } = currentRun(chain);
  const first = { ...openRun(prowJobId, buildId, 0, now), gangwayCalls };
  const fresh = { ...chain, root: prowJobId, runs: [first], type: null, refs: null, decision: null };
  return moveOn(addClaim({ ...fresh, envs: {}, hold: null, demanded: false }, run, now), 'judging', now, now);
}

/**
 * What looks at the places showed: the one that is the run's own is kept, the others are forgotten. Where none is, those
 * of other runs are forgotten, unless no other is left.
 */
export function weighClaims(chain: Chain, looks: readonly ClaimLook[], now: number): Chain {
  if (chain.claims === null) return chain;
  // An evicted pod's run has two places; the later one is where it ends (PROW.md, 2).
  const [proven] = looks
    .filter((look) => look.verdict === 'ours')
    .toSorted((a, b) => (isLaterBuild(a.claim.buildId, b.claim.buildId) ? -1 : 1));
  if (proven !== undefined) {
    const { folder, url } = proven;
    return { ...goBy(chain, proven.claim, { folder, url }, now), claims: null };
  }
  const foreign = looks.filter(({ verdict }) => verdict === 'foreign').map(({ claim }) => claim);
  const [first, ...rest] = openClaims(chain).filter((claim) => !foreign.some((each) => isSame(each, claim)));
  if (first === undefined) return { ...chain, claims: [] };
  return { ...goBy(chain, first, { folder: null, url: null }, now), claims: rest };
}

function goBy(chain: Chain, claim: Claim, place: Pick<ChainRun, 'folder' | 'url'>, now: number): Chain {
  const { jobName, buildId } = claim;
  const run = currentRun(chain);
  if (jobName === chain.jobName && buildId === run.buildId && place.folder === null) return chain;
  const isMoved = jobName !== chain.jobName || buildId !== run.buildId;
  const moved = { ...run, buildId, ...place, endSeenAt: isMoved ? null : run.endSeenAt };
  return { ...chain, jobName, runs: [moved], updatedAt: now };
}

function isSame(one: { jobName: string; buildId: string | null }, other: Claim): boolean {
  return one.jobName === other.jobName && one.buildId === other.buildId;
}
