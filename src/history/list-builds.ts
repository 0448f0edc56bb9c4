import type { ArtifactSource, Found, Missed } from '../evidence/artifacts/artifact-source.ts';
import {
  bucketOf,
  type Folder,
  isLaterBuild,
  logsFolder,
  moveToBucket,
  parentFolder,
  isSnowflake,
} from '../job/run.ts';
import { dayMs } from '../time/duration.ts';

/** A run of a job, by where it lies. */
export interface Build {
  buildId: string;
  folder: Folder;
}

export interface BuildList {
  /** Newest first, as far as the buckets can be read now. */
  builds: Build[];
  /** The buckets that are not public. */
  denied: string[];
  /**
   * Why builds may be missing; `null`: none is. `unavailable`, `too-large`: one of the buckets could not be listed.
   * `denied`: the bucket of the given folder is not public; another bucket that is not public counts as empty.
   * `absent`: no bucket has the job's folder.
   */
  missed: Missed | null;
}

/** The newest runs of a job over all buckets. `jobFolder` is the job's folder in one of them. */
export async function listBuilds(
  source: ArtifactSource,
  jobFolder: Folder,
  wanted: Wanted,
): Promise<BuildList> {
  const folders = foldersOf(source, jobFolder);
  const lists = await Promise.all(folders.map((folder) => listInBucket(source, folder, wanted)));
  const denied = lists.flatMap((list) => (list.kind === 'denied' ? [list.bucket] : []));
  return { builds: joinLists(lists, wanted), denied, missed: findMissed(lists) };
}

function findMissed(lists: readonly Found<Build[]>[]): Missed | null {
  const missed = lists.filter((list) => list.kind !== 'found');
  const unread =
    missed.find(({ kind }) => kind === 'unavailable') ?? missed.find(({ kind }) => kind === 'too-large');
  if (unread !== undefined) return unread;
  const [own] = lists;
  if (own?.kind === 'denied') return own;
  return lists.every(({ kind }) => kind === 'absent') ? { kind: 'absent' } : null;
}

/** A job's folder in each bucket, the one that is given first. */
export function foldersOf(source: ArtifactSource, jobFolder: Folder): Folder[] {
  const own = bucketOf(jobFolder);
  const others = source.buckets.filter((bucket) => bucket !== own);
  return [jobFolder, ...others.map((bucket) => moveToBucket(jobFolder, bucket))];
}

/** The folder of a job whose run lies in `folder`; `null`: unknown, so the job counts as a periodic. */
export function jobFolderOf(source: ArtifactSource, jobName: string, folder: Folder | null): Folder {
  return parentFolder(folder ?? logsFolder(source.buckets[0] ?? '', jobName, '0'));
}

async function listInBucket(source: ArtifactSource, folder: Folder, wanted: Wanted): Promise<Found<Build[]>> {
  const listed = await listNewest(source, folder, wanted);
  if (listed.kind !== 'found') return listed;
  const { after, before } = wanted;
  const isWanted = (name: string): boolean =>
    /^\d+$/.test(name) && isLaterBuild(name, after) && (before === undefined || isLaterBuild(before, name));
  return {
    kind: 'found',
    value: listed.value.filter(isWanted).map((buildId) => ({ buildId, folder: `${folder}/${buildId}` })),
  };
}

/** A build that lies in two buckets counts once, in the first of them. */
function joinLists(lists: readonly Found<Build[]>[], { max }: Wanted): Build[] {
  const all = lists.flatMap((list) => (list.kind === 'found' ? list.value : []));
  const byId = new Map(all.toReversed().map((build) => [build.buildId, build]));
  return [...byId.values()].toSorted((a, b) => (isLaterBuild(a.buildId, b.buildId) ? -1 : 1)).slice(0, max);
}

/** The wanted runs of a job: the newest `max` between two builds, which are not included. */
export interface Wanted {
  /** `'0'`: there is no earlier bound. */
  after: string;
  /** Absent: there is no later bound. */
  before?: string | undefined;
  /** A build that is probably near the newest of them. It saves requests and does not change the answer. */
  near?: string | undefined;
  /** Less than a page of the list, which has 1,000 names. */
  max: number;
}

/** Build ids of 19 digits, as numbers. */
const firstId = 10n ** 18n;
const lastId = 10n ** 19n - 1n;
/** A day of build ids: a snowflake is its time in ms, followed by 22 bits. */
const day = BigInt(dayMs) << 22n;
const maxRequests = 60;

/**
 * Lists folders of a job in one bucket, including the newest `max`. A job with up to 1,000 runs costs one request. For a
 * larger job, it searches for a part of the list that has enough runs and fits a page: a build id of 19 digits is a time, and
 * these ids sort the same by text and by number. Shorter ids are older. They are missed only if the job has over 20 pages and
 * fewer than `max` builds with 19 digits. `too-large`: the list has over 20 pages, and other names hide its end.
 */
async function listNewest(source: ArtifactSource, folder: Folder, wanted: Wanted): Promise<Found<string[]>> {
  const { after, before = '', near = '', max } = wanted;
  const from = isSnowflake(after) ? after : '';
  const page = await source.listFolders(folder, from, { pages: 1 });
  if (page.kind !== 'too-large') return page;
  // Before a shorter id there are only shorter ids.
  const start = before === '' || isSnowflake(before) ? [before, near, after].find(isSnowflake) : undefined;
  if (start === undefined) return source.listFolders(folder, from);
  const search = new Search(source, folder, max);
  const missed = await search.run(BigInt(start), from, isSnowflake(before));
  if (missed !== null) return missed;
  if (search.hasEnough || (search.isOver && from !== '')) return search.result;
  const whole = await source.listFolders(folder, from);
  return whole.kind === 'too-large' && search.isOver ? search.result : whole;
}

class Search {
  readonly #source: ArtifactSource;
  readonly #folder: Folder;
  readonly #max: number;
  #requests = 0;
  /** The list from here on is known. */
  #floor: bigint | null = null;
  #names: string[] = [];
  /** There is no earlier build with 19 digits. */
  isOver = false;

  constructor(source: ArtifactSource, folder: Folder, max: number) {
    this.#source = source;
    this.#folder = folder;
    this.#max = max;
  }

  get hasEnough(): boolean {
    return this.#names.filter(isSnowflake).length >= this.#max;
  }

  get result(): Found<string[]> {
    return { kind: 'found', value: this.#names };
  }

  /** Returns the bucket's fault; `null`: none. `isEnd`: no build at or after `start` is wanted. */
  async run(start: bigint, from: string, isEnd: boolean): Promise<Found<never> | null> {
    if (isEnd) this.#floor = start;
    const missed = await this.#findEnd(start);
    return missed ?? this.#goBack(from === '' ? firstId : BigInt(from));
  }

  /** Goes forward in growing steps until the rest of the list fits a page. */
  async #findEnd(start: bigint): Promise<Found<never> | null> {
    let step = day;
    for (let at = start; this.#floor === null && at <= lastId; at += step, step *= 4n) {
      const look = await this.#look(at, null);
      if (look !== null && look.kind !== 'too-large') return look;
    }
    return null;
  }

  /** Goes back in growing steps; after a step that was too long, it goes only half of the way. */
  async #goBack(bottom: bigint): Promise<Found<never> | null> {
    let step = day;
    let tooEarly: bigint | null = null;
    while (this.#floor !== null && !this.hasEnough && this.#requests < maxRequests) {
      this.isOver = this.#floor <= bottom;
      if (this.isOver) return null;
      const earliest: bigint = tooEarly === null ? bottom : (tooEarly + this.#floor) / 2n;
      const at = this.#floor - step > earliest ? this.#floor - step : earliest;
      const look = await this.#look(at, this.#floor);
      if (look !== null && look.kind !== 'too-large') return look;
      if (look !== null) tooEarly = at;
      else if (tooEarly !== null && at <= tooEarly) tooEarly = null;
      step *= 4n;
    }
    return null;
  }

  /** Lists one page; `null`: it was complete, and its names are known now. */
  async #look(at: bigint, before: bigint | null): Promise<Found<never> | null> {
    this.#requests += 1;
    const limits = before === null ? { pages: 1 } : { pages: 1, before: String(before) };
    const page = await this.#source.listFolders(this.#folder, String(at), limits);
    if (page.kind !== 'found') return page;
    this.#floor = at;
    this.#names.push(...page.value);
    return null;
  }
}
