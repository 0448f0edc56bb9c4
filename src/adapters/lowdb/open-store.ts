import { join, resolve } from 'node:path';
import { Low } from 'lowdb';
import type { Chain } from '../../chain/chain.ts';
import type { Logger } from '../../logging.ts';
import { ChainFiler, prune } from './chains/filer.ts';
import { ChainIndex } from './chains/index.ts';
import { DirectoryInUse, lockDirectory, lockName } from './disk/lock.ts';
import type { Disk } from './disk/disk.ts';
import { DocumentLoader } from './chains/load.ts';
import { DocumentWriter } from './chains/document-writer.ts';
import { loadKnownTokens } from './lists/known-tokens.ts';
import { loadNotices } from './lists/notices.ts';
import { EmbeddedPastRuns } from './lists/past-runs.ts';
import { loadSilences } from './lists/silences.ts';
import { EmbeddedStore } from './store.ts';
import { guardDisk } from './disk/guards.ts';
import { JobDocument, type DocumentHooks, type WrittenDocument, JobDocuments } from './chains/documents.ts';
import { jobFileAdapter, type JobFolder, type StoredJob } from './chains/job-file.ts';
import { type Journal, loadJournal } from './chains/journal.ts';
import { nodeDisk } from './disk/node-disk.ts';
import { type Quarantined, unfinished } from './disk/durable-file.ts';
import { UnprovenChains } from './chains/unproven-chains.ts';
import { dayMs } from '../../time/duration.ts';

const defaults = {
  keepRuns: 200,
  keepMs: 90 * dayMs,
  keepLoaded: 100,
  compactAt: 1024 * 1024,
  maxUnsettled: 2_000,
  maxUnproven: 2_000,
  maxUnprovenOfJob: 50,
  maxUnprovenCharacters: 16 * 1024 * 1024,
};
/** Documents that are written at a time. */
const drainWidth = 4;

export interface EmbeddedStoreOptions {
  directory: string;
  /** Milliseconds since the epoch. */
  clock: { now(): number };
  log: Logger;
  disk?: Disk;
  /** Runs a job; closed chains beyond are forgotten, oldest first. */
  keepRuns?: number;
  /** Milliseconds that a closed chain is kept. */
  keepMs?: number;
  /** Documents kept in memory. */
  keepLoaded?: number;
  /** Bytes from which on a journal that is never empty is written anew. */
  compactAt?: number;
  /** Proven chains of a job that may be open at a time; beyond that, a trusted caller's failures are refused until one ends. */
  maxUnsettled?: number;
  /** Unproven chains, open or ended, in all and per job; beyond that, the oldest are forgotten. */
  maxUnproven?: number;
  maxUnprovenOfJob?: number;
  /** What they may take in all, as JSON. */
  maxUnprovenCharacters?: number;
}

type Settings = Required<EmbeddedStoreOptions> & { jobs: string; history: string; damaged: string };

/**
 * Opens the store in the directory and takes over what an earlier process left there, however it ended. Throws
 * if the directory cannot be made, written or read, or is in use (`DirectoryInUse`).
 */
export async function openEmbeddedStore(options: EmbeddedStoreOptions): Promise<EmbeddedStore> {
  const store = await beginEmbeddedStore(options);
  try {
    await store.load();
    await store.sweep();
    return store;
  } catch (cause) {
    await store.close();
    throw describeStoreFailure(options.directory, cause);
  }
}

/**
 * The same without the documents: the store reads them in `load`, which must be called, and accepts chains meanwhile.
 * `describeStoreFailure` describes the errors of `load`.
 */
export async function beginEmbeddedStore(options: EmbeddedStoreOptions): Promise<EmbeddedStore> {
  const directory = resolve(options.directory);
  const folders = {
    jobs: join(directory, 'jobs'),
    history: join(directory, 'history'),
    damaged: join(directory, 'damaged'),
  };
  const settings: Settings = { disk: nodeDisk, ...defaults, ...options, ...folders, directory };
  const release = await takeDirectory(settings);
  try {
    const disk = await guardDisk(settings.disk, join(directory, lockName));
    return await openParts({ ...settings, disk }, release);
  } catch (cause) {
    release();
    throw describeStoreFailure(directory, cause);
  }
}

/** The error of a store that could not be loaded, with its directory. */
export function describeStoreFailure(directory: string, cause: unknown): Error {
  return new Error(`the store in ${resolve(directory)} could not be loaded: ${String(cause)}`, { cause });
}

async function takeDirectory({
  disk,
  directory,
  jobs,
  history,
  damaged,
  clock,
}: Settings): Promise<() => void> {
  try {
    await disk.makeFolder(directory);
    for (const folder of [jobs, history, damaged]) await disk.makeFolder(folder, directory);
    return await lockDirectory(disk, directory, clock.now());
  } catch (cause) {
    if (cause instanceof DirectoryInUse) throw cause;
    throw new Error(`the data directory ${directory} cannot be made or written: ${String(cause)}`, { cause });
  }
}

async function openParts(settings: Settings, release: () => void): Promise<EmbeddedStore> {
  const { disk, directory, jobs, history, damaged, log, compactAt, maxUnsettled, clock } = settings;
  const aside: Quarantined = {
    disk,
    folder: damaged,
    get now() {
      return clock.now();
    },
  };
  for (const folder of [directory, jobs, history, damaged]) await removeUnfinished(disk, folder);
  const path = join(directory, 'journal.jsonl');
  const { journal, chains: journalled } = await loadJournal({ disk, path, log, compactAt }, aside);
  const places = { aside, log };
  const silences = await loadSilences({ ...places, path: join(directory, 'silences.json') }, clock);
  const notices = await loadNotices({ ...places, path: join(directory, 'notices.json') }, clock);
  const knownTokens = await loadKnownTokens({ ...places, path: join(directory, 'tokens.json') }, clock);
  const pastRuns = new EmbeddedPastRuns({ ...settings, folder: history });
  const index = new ChainIndex();
  const jobFolder = { ...places, folder: jobs };
  const hooks = makeHooks(settings, index, journal);
  const documents = new JobDocuments(settings.keepLoaded, (job) => openDocument(jobFolder, job, hooks));
  const drain = new DocumentWriter({ flush: (job) => documents.of(job).flush(), log, width: drainWidth });
  const unproven = new UnprovenChains({
    inAll: settings.maxUnproven,
    ofOneJob: settings.maxUnprovenOfJob,
    characters: settings.maxUnprovenCharacters,
  });
  const filer = new ChainFiler({ index, unproven, documents, journal, drain });
  const loader = new DocumentLoader(jobFolder, await disk.list(jobs), {
    prune: (stored) => pruneStored(settings, journal, stored),
    take: (chain, job) => filer.takeStored(chain, job),
  });
  const parts = { disk, directory, log, loader, journalled, index, documents, unproven, filer };
  const others = { silences, notices, knownTokens, pastRuns };
  return new EmbeddedStore({ ...parts, ...others, journal, drain, release, maxUnsettled });
}

/** What a write left that was cut short. It was never acknowledged. */
async function removeUnfinished(disk: Disk, folder: string): Promise<void> {
  const names = await disk.list(folder);
  for (const name of names.filter((each) => each.endsWith(unfinished))) await disk.remove(join(folder, name));
}

function makeHooks(settings: Settings, index: ChainIndex, journal: Journal): DocumentHooks {
  return {
    prune: (chains, touched) => pruneStored(settings, journal, chains, touched),
    written: ({ job, changed, arrived, pruned }: WrittenDocument) => {
      for (const chain of changed) index.put(chain, job);
      for (const id of pruned) if (index.get(id)?.document === job) index.remove(id);
      journal.settle(arrived);
    },
    read: (job, chains) => {
      // The file may have been replaced by another one.
      for (const chain of chains) if (index.get(chain.id)?.document === job) index.put(chain, job);
    },
  };
}

function pruneStored(
  settings: Settings,
  journal: Journal,
  chains: Chain[],
  touched: ReadonlySet<string> = new Set(),
): Chain[] {
  // What the journal still holds would come back with its replay, as if it had just arrived.
  const isSpared = (id: string) => touched.has(id) || journal.holds(id);
  return prune(chains, settings, settings.clock.now(), isSpared);
}

function openDocument(folder: JobFolder, job: string, hooks: DocumentHooks): JobDocument {
  const adapter = jobFileAdapter(folder, job);
  return new JobDocument(new Low<StoredJob>(adapter, { version: 2, job, chains: [] }), hooks);
}
