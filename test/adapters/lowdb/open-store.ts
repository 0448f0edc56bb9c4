import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { Disk } from '../../../src/adapters/lowdb/disk/disk.ts';
import type { EmbeddedStore } from '../../../src/adapters/lowdb/store.ts';
import { openEmbeddedStore, type EmbeddedStoreOptions } from '../../../src/adapters/lowdb/open-store.ts';
import { createLogger } from '../../../src/logging.ts';

export const log = createLogger('silent');
export const clock = { now: () => 100_000 };

/** A store on a disk in memory. */
export function openOn(disk: Disk, options: Partial<EmbeddedStoreOptions> = {}): Promise<EmbeddedStore> {
  return openEmbeddedStore({ directory: '/data', clock, log, disk, ...options });
}

/** A store on the disk of this machine. */
export function openIn(
  directory: string,
  options: Partial<EmbeddedStoreOptions> = {},
): Promise<EmbeddedStore> {
  return openEmbeddedStore({ directory, clock, log, ...options });
}

/** A folder that goes with the test. */
export async function makeDirectory(context: TestContext): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'retrigger-store-'));
  context.after(() => rm(directory, { recursive: true, force: true }));
  return directory;
}
