import { join, resolve } from 'node:path';
import { Low } from 'lowdb';
import type { Chain } from '../../chain/chain.ts';
import type { Logger } from '../../logging.ts';
import { ChainFiler } from './chain-filer.ts';
import { ChainIndex } from './chain-index.ts';
import { DirectoryInUse, lockDirectory } from './directory-lock.ts';
import type { Disk } from './disk.ts';
import { Drain } from './drain.ts';
import { loadKnownTokens } from './embedded-known-tokens.ts';
import { loadNotices } from './embedded-notices.ts';
import { EmbeddedPastRuns } from './embedded-past-runs.ts';
import { loadSilences } from './embedded-silences.ts';
import { EmbeddedStore } from './embedded-store.ts';
import { JobDocument, type DocumentHooks, type Written } from './job-document.ts';
import { JobDocuments } from './job-documents.ts';
import { jobFileAdapter, jobFileName, type StoredJob } from './job-file.ts';
import type { Journal } from './journal.ts';
import { loadDocuments } from './load-documents.ts';
import { loadJournal } from './load-journal.ts';
import { nodeDisk } from './node-disk.ts';
import { prune } from './prune.ts';
import { UnprovenChains } from './unproven-chains.ts';
import { unfinished } from './write-durably.ts';

const dayMs = 24 * 60 * 60 * 1000;
const defaults = {
  keepRuns: 200,
  keepMs: 90 * dayMs,
  keepLoaded: 100,
  compactAt: 1024 * 1024,
  mostUnsettled: 2_000,
  mostUnproven: 2_000,
  mostUnprovenOfJob: 50,
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
  /** Proven chains of a job that may be open at a time; beyond, a trusted caller's failures are refused until one ends. */
  mostUnsettled?: number;
  /** Chains that nothing proves, open or ended, in all and of one job; beyond, the oldest are forgotten. */
  mostUnproven?: number;
  mostUnprovenOfJob?: number;
}

type Settings = Required<EmbeddedStoreOptions> & { jobs: string; history: string; damaged: string };

/**
 * Opens the store in the directory and takes over what an earlier process left there, however it ended. Throws
 * where the directory cannot be made, written or read, or is in use (`DirectoryInUse`).
 */
export async function openEmbeddedStore(options: EmbeddedStoreOptions): Promise<EmbeddedStore> {
  const directory = resolve(options.directory);
  const folders = {
    jobs: join(directory, 'jobs'),
    history: join(directory, 'history'),
    damaged: join(directory, 'damaged'),
  };
  const settings: Settings = { disk: nodeDisk, ...defaults, ...options, ...folders, directory };
  const release = await takeDirectory(settings);
  try {
    return await loadStore(settings, release);
  } catch (cause) {
    release();
    throw new Error(`the store in ${directory} could not be loaded: ${String(cause)}`, { cause });
  }
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

async function loadStore(settings: Settings, release: () => void): Promise<EmbeddedStore> {
  const { disk, directory, jobs, history, damaged, log, compactAt } = settings;
  const index = new ChainIndex();
  const aside = { disk, folder: damaged, now: settings.clock.now() };
  for (const folder of [directory, jobs, history, damaged]) await removeUnfinished(disk, folder);
  const path = join(directory, 'journal.jsonl');
  const { journal, chains } = await loadJournal({ disk, path, log, compactAt }, aside);
  await loadDocuments(jobs, aside, log, {
    prune: (stored) => pruneStored(settings, journal, stored),
    take: (chain, job) => index.put(chain, job),
  });
  const places = { aside, log };
  const silences = await loadSilences({ ...places, path: join(directory, 'silences.json') }, settings.clock);
  const notices = await loadNotices({ ...places, path: join(directory, 'notices.json') }, settings.clock);
  const knownTokens = await loadKnownTokens(
    { ...places, path: join(directory, 'tokens.json') },
    settings.clock,
  );
  const pastRuns = new EmbeddedPastRuns({ ...settings, folder: history });
  await pastRuns.sweep();
  const hooks = makeHooks(settings, index, journal);
  const documents = new JobDocuments(settings.keepLoaded, (job) => openDocument(settings, job, hooks));
  const drain = new Drain({ flush: (job) => documents.of(job).flush(), log, width: drainWidth });
  const { mostUnproven, mostUnprovenOfJob } = settings;
  const unproven = new UnprovenChains({ inAll: mostUnproven, ofOneJob: mostUnprovenOfJob });
  const filer = new ChainFiler({ index, unproven, documents, journal, drain });
  filer.replay(chains);
  return new EmbeddedStore({
    disk,
    directory,
    index,
    documents,
    unproven,
    filer,
    journal,
    drain,
    silences,
    notices,
    knownTokens,
    pastRuns,
    release,
    mostUnsettled: settings.mostUnsettled,
  });
}

/** What a write left that was cut short. It was never acknowledged. */
async function removeUnfinished(disk: Disk, folder: string): Promise<void> {
  const names = await disk.list(folder);
  for (const name of names.filter((each) => each.endsWith(unfinished))) await disk.remove(join(folder, name));
}

function makeHooks(settings: Settings, index: ChainIndex, journal: Journal): DocumentHooks {
  return {
    prune: (chains, touched) => pruneStored(settings, journal, chains, touched),
    written: ({ job, changed, arrived, pruned }: Written) => {
      for (const chain of changed) index.put(chain, job);
      for (const id of pruned) index.remove(id);
      journal.settle(arrived);
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

function openDocument({ disk, jobs }: Settings, job: string, hooks: DocumentHooks): JobDocument {
  const adapter = jobFileAdapter(disk, join(jobs, jobFileName(job)));
  return new JobDocument(new Low<StoredJob>(adapter, { version: 1, job, chains: [] }), hooks);
}
