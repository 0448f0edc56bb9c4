import type { ArtifactSource, Found } from '../evidence/artifact-source.ts';
import { type Folder, isSnowflake } from '../job/run.ts';

/** Which runs of a job are asked for: the newest `most` of those between two builds, neither of them included. */
export interface Wanted {
  /** `'0'`: there is no earlier bound. */
  after: string;
  /** Absent: there is no later bound. */
  before?: string | undefined;
  /** A build that is likely to be near the newest of them. It saves requests, and changes no answer. */
  near?: string | undefined;
  /** Below a page of the list, which has 1,000. */
  most: number;
}

/** Build ids of 19 digits, as numbers. */
const firstId = 10n ** 18n;
const lastId = 10n ** 19n - 1n;
/** A day of build ids: a snowflake is its time in ms, followed by 22 bits. */
const day = 86_400_000n << 22n;
const mostRequests = 60;

/**
 * Lists folders of a job in one bucket, the newest `most` among them. A job with up to 1,000 runs costs one request. Of a
 * larger one a part of the list is found that has enough and fits a page: a build id of 19 digits is a time, and these ids
 * sort by text as they do by number. Shorter ids are older, and are missed only if the job has over 20 pages and fewer than
 * `most` builds with 19 digits. `too-large`: over 20 pages, and other names hide where the list ends.
 */
export async function listNewest(
  source: ArtifactSource,
  folder: Folder,
  wanted: Wanted,
): Promise<Found<string[]>> {
  const { after, before = '', near = '', most } = wanted;
  const from = isSnowflake(after) ? after : '';
  const page = await source.listFolders(folder, from, { pages: 1 });
  if (page.kind !== 'too-large') return page;
  // What is before a shorter id has shorter ids only.
  const start = before === '' || isSnowflake(before) ? [before, near, after].find(isSnowflake) : undefined;
  if (start === undefined) return source.listFolders(folder, from);
  const search = new Search(source, folder, most);
  const missed = await search.run(BigInt(start), from, isSnowflake(before));
  if (missed !== null) return missed;
  if (search.hasEnough || (search.isOver && from !== '')) return search.result;
  const whole = await source.listFolders(folder, from);
  return whole.kind === 'too-large' && search.isOver ? search.result : whole;
}

class Search {
  readonly #source: ArtifactSource;
  readonly #folder: Folder;
  readonly #most: number;
  #requests = 0;
  /** What is listed from here on is known. */
  #floor: bigint | null = null;
  #names: string[] = [];
  /** There is no earlier build with 19 digits. */
  isOver = false;

  constructor(source: ArtifactSource, folder: Folder, most: number) {
    this.#source = source;
    this.#folder = folder;
    this.#most = most;
  }

  get hasEnough(): boolean {
    return this.#names.filter(isSnowflake).length >= this.#most;
  }

  get result(): Found<string[]> {
    return { kind: 'found', value: this.#names };
  }

  /** Gives what went wrong in the bucket; `null`: nothing. `isEnd`: no build at or after `start` is wanted. */
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

  /** Goes back in growing steps; if a step was too long, halfway to where it began. */
  async #goBack(bottom: bigint): Promise<Found<never> | null> {
    let step = day;
    let tooEarly: bigint | null = null;
    while (this.#floor !== null && !this.hasEnough && this.#requests < mostRequests) {
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

  /** Lists one page; `null`: it was whole, and is known now. */
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
