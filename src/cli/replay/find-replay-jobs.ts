import type { ChainView } from '../../report/chain/view-chain.ts';
import type { JobPlace } from '../../flow/requests/collect-failures.ts';
import type { HttpClient } from '../../http/http-client.ts';
import { compileJobGlob } from '../../job/glob.ts';
import {
  readRunUrl,
  bucketOf,
  logsFolder,
  parentFolder,
  pathInBucket,
  hasNameCharacters,
} from '../../job/run.ts';
import { askServer, expectField, NoService } from '../server-api.ts';
import { CommandFailure } from '../terminal.ts';

interface JobSearch {
  /** Names, which need no service, and globs over the jobs of the service's chains; none: all of these. */
  jobs: readonly string[];
  server: string;
  buckets: readonly string[];
  /** Milliseconds since the epoch. */
  since: number;
}

interface Page {
  chains: ChainView[];
  next: string | null;
}

const pageSize = 1000;

/** The folders of the jobs that are meant; throws `CommandFailure` where there is none. */
export async function findReplayJobs(http: HttpClient, search: JobSearch): Promise<JobPlace[]> {
  const { jobs } = search;
  const names = jobs.filter((job) => !isGlob(job));
  const bad = names.find((name) => !hasNameCharacters(name));
  if (bad !== undefined) throw new CommandFailure(`${bad} is neither a job's name nor a glob.`, 2);
  const isServiceNeeded = jobs.length === 0 || names.length < jobs.length;
  const [firstBucket = ''] = search.buckets;
  const named = names.map((name) => placeOf(firstBucket, name));
  const places = [...named, ...(isServiceNeeded ? await askService(http, search) : [])];
  // The runs of a job are read from all buckets, so a job is one place, whichever bucket it was found in.
  return [...new Map(places.map((place) => [pathInBucket(place.folder), place])).values()];
}

async function askService(http: HttpClient, search: JobSearch): Promise<JobPlace[]> {
  const advice = 'Or name jobs with --job NAME, which needs no service.';
  const places = await listPlaces(http, search).catch((error: unknown) => {
    throw error instanceof NoService ? new CommandFailure(`${error.message} ${advice}`) : error;
  });
  if (places.length > 0) return places;
  const what = search.jobs.length === 0 ? 'chain' : `chain of ${search.jobs.join(', ')}`;
  const since = new Date(search.since).toISOString();
  throw new CommandFailure(`The service at ${search.server} has no ${what} since ${since}. ${advice}`);
}

/** Where the runs of the service's chains lie, those of pull requests in a folder for each. */
async function listPlaces(
  http: HttpClient,
  { jobs, server, buckets, since }: JobSearch,
): Promise<JobPlace[]> {
  const matchers = jobs.map(compileJobGlob);
  const places: JobPlace[] = [];
  let after: string | null = null;
  do {
    const query = new URLSearchParams({ limit: String(pageSize), ...(after === null ? {} : { after }) });
    const body = await askServer(http, server, `/api/v1/chains?${query}`);
    const page: Page = expectField<Page>(body, 'chains');
    const chains = page.chains.filter(
      ({ job_name: job, updated_at: at }) =>
        Date.parse(at) >= since && (matchers.length === 0 || matchers.some((matches) => matches(job))),
    );
    places.push(...chains.flatMap((chain) => placesOf(chain, buckets)));
    after = page.next;
  } while (after !== null);
  return places;
}

function placesOf({ job_name: jobName, runs }: ChainView, buckets: readonly string[]): JobPlace[] {
  const found = runs.flatMap(({ url }) => (url === null ? [] : (readRunUrl(url) ?? [])));
  const ours = found.filter((run) => buckets.includes(bucketOf(run.folder)));
  if (ours.length === 0) return [placeOf(buckets[0] ?? '', jobName)];
  return ours.map(({ folder }) => ({ jobName, folder: parentFolder(folder) }));
}

function placeOf(bucket: string, jobName: string): JobPlace {
  return { jobName, folder: parentFolder(logsFolder(bucket, jobName, '0')) };
}

function isGlob(job: string): boolean {
  return /[*?{]/.test(job);
}
