import { join, resolve } from 'node:path';
import type { Logger } from '../../logging.ts';
import { ChainFiler } from './chains/filer.ts';
import { ChainIndex } from './chains/index.ts';
import { loadJournal } from './chains/journal.ts';
import { DocumentLoader } from './chains/load.ts';
import { UnprovenChains } from './chains/unproven-chains.ts';
import { type Disk, guardDisk } from './disk/disk.ts';
import { unfinished } from './disk/durable-file.ts';
import { DirectoryInUse, lockDirectory, lockName } from './disk/lock.ts';
import { nodeDisk } from './disk/node-disk.ts';
import { Quarantine } from './disk/quarantine.ts';
import { loadKnownTokens } from './lists/known-tokens.ts';
import { loadNotices } from './lists/notices.ts';
import { EmbeddedPastRuns } from './lists/past-runs.ts';
import { loadSilences } from './lists/silences.ts';
import { dayMs } from '../../time/duration.ts';
import { EmbeddedStore } from './store.ts';

/** What is bounded, and the defaults. */
const defaultLimits = {
  /** Runs a job; closed chains beyond are forgotten, oldest first. */
  keepRuns: 200,
  /** Milliseconds that a closed chain is kept. */
  keepMs: 90 * dayMs,
  /** Documents kept in memory. */
  keepLoaded: 100,
  /** Bytes. A longer journal is written anew if half of it is no longer needed. */
  compactAt: 1024 * 1024,
  /** Proven chains of a job that may be open at a time; beyond that, a trusted caller's failures are refused until one ends. */
  maxUnsettled: 2_000,
  /** Unproven chains, open or ended, in all and per job; beyond that, the oldest are forgotten. */
  maxUnproven: 2_000,
  maxUnprovenOfJob: 50,
  /** Bytes that they may take in the journal, in all. */
  maxUnprovenBytes: 16 * 1024 * 1024,
};

export interface EmbeddedStoreOptions extends Partial<typeof defaultLimits> {
  directory: string;
  /** Milliseconds since the epoch. */
  clock: { now(): number };
  log: Logger;
  disk?: Disk;
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
  const settings: Settings = { disk: nodeDisk, ...defaultLimits, ...options, ...folders, directory };
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
  const { disk, directory, jobs, history, damaged, log, maxUnsettled, clock } = settings;
  for (const folder of [directory, jobs, history, damaged]) await removeUnfinished(disk, folder);
  const quarantine = new Quarantine({ disk, folder: damaged, clock, log });
  const place = (name: string) => ({ disk, path: join(directory, name), quarantine });
  const { journal, chains: journalled } = await loadJournal({ ...settings, ...place('journal.jsonl') });
  const lists = {
    silences: await loadSilences(place('silences.json'), clock),
    notices: await loadNotices(place('notices.json'), clock),
    knownTokens: await loadKnownTokens(place('tokens.json'), clock),
    pastRuns: new EmbeddedPastRuns({ disk, folder: history, quarantine, clock, log }),
  };
  const index = new ChainIndex();
  const unproven = new UnprovenChains({
    inAll: settings.maxUnproven,
    ofOneJob: settings.maxUnprovenOfJob,
    bytes: settings.maxUnprovenBytes,
  });
  const folder = { disk, folder: jobs, quarantine };
  const documents = { folder, keepLoaded: settings.keepLoaded, log };
  const filer = new ChainFiler({ index, unproven, journal, retention: settings, clock }, documents);
  const loader = new DocumentLoader(folder, await disk.list(jobs), filer, log);
  const parts = { disk, directory, log, loader, journalled, index, unproven, filer, journal };
  return new EmbeddedStore({ ...parts, ...lists, release, maxUnsettled });
}

/** Removes what an interrupted write left. It was never acknowledged. */
async function removeUnfinished(disk: Disk, folder: string): Promise<void> {
  const names = await disk.list(folder);
  for (const name of names.filter((each) => each.endsWith(unfinished))) await disk.remove(join(folder, name));
}
