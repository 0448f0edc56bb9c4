import { type Chain, type ReportedLocation, currentRun } from '../../chain/chain.ts';
import {
  type LocationCheck,
  hasNewLocation,
  openLocations,
  applyLocationChecks,
} from '../../chain/location.ts';
import { locateRun } from '../../evidence/artifacts/locate-run.ts';
import { runUrl, type Folder } from '../../job/run.ts';
import { changeTask } from '../state/change-task.ts';
import type { Flow } from '../flow.ts';
import type { ArtifactSource } from '../../evidence/artifacts/artifact-source.ts';
import { fetchJson } from '../../evidence/artifacts/fetch-artifact.ts';
import { readProwJob } from '../../evidence/artifacts/prow-job.ts';

/**
 * Where notifications disagree on where the first run lies, looks at each place, and keeps what proves to be right.
 * `null`: the chain has moved on meanwhile, or another place was named, which is looked at next.
 */
export async function verifyLocation(flow: Flow, chain: Chain): Promise<Chain | null> {
  const locations = openLocations(chain);
  if (locations.length === 0) return chain;
  const { prowJobId } = currentRun(chain);
  const looks = await Promise.all(locations.map((location) => checkLocation(flow, location, prowJobId)));
  const settled = await changeTask(flow, chain, (known) =>
    applyLocationChecks(known, looks, flow.clock.now()),
  );
  if (settled !== null && looks.some(({ verdict }) => verdict !== 'open')) {
    const verdicts = looks.map(({ location, verdict }) => ({ ...location, verdict }));
    flow.log.warn({ chain: chain.id, job: settled.jobName, verdicts }, 'notifications disagreed on the run');
  }
  return settled !== null && hasNewLocation(settled, chain) ? null : settled;
}

async function checkLocation(
  { source, settings: { prowUrl } }: Flow,
  location: ReportedLocation,
  prowJobId: string,
): Promise<LocationCheck> {
  const located = await locateRun(source, location.jobName, location.buildId);
  if (located.kind !== 'found') return { location, verdict: 'open' };
  const folder = located.value;
  const verdict = await checkRunIdentity(source, folder, prowJobId);
  return verdict === 'ours'
    ? { location, verdict, folder, url: runUrl(prowUrl, folder) }
    : { location, verdict };
}

/** Whose folder it is, by the `prowjob.json` in it: only Prow writes there. `open`: nothing tells yet. */
export async function checkRunIdentity(
  source: ArtifactSource,
  folder: Folder,
  prowJobId: string,
): Promise<'ours' | 'foreign' | 'open'> {
  const { value } = await fetchJson(source, folder, 'prowjob.json', readProwJob);
  const name = value?.name ?? null;
  if (name === null) return 'open';
  return name === prowJobId ? 'ours' : 'foreign';
}
