import type { Disk } from '../adapters/lowdb/disk/disk.ts';
import type { EmbeddedStoreOptions } from '../adapters/lowdb/open-store.ts';
import type { Seal } from '../chain/seal.ts';
import type { FirstLookBounds } from '../flow/accept/first-checks.ts';
import type { HttpClient } from '../http/http-client.ts';

/** What a simulation puts in the place of the machine's own. */
export interface Machine {
  disk: Disk;
  http: HttpClient;
  chance: () => number;
  seal: Seal;
  bounds: Bounds;
}

/** How many chains that nothing proves are kept, and how many of them may wait for their first look. */
export interface Bounds {
  unproven: Pick<EmbeddedStoreOptions, 'mostUnproven' | 'mostUnprovenOfJob' | 'compactAt'>;
  firstLooks: FirstLookBounds;
}

/**
 * Chains that wait for their first look must never push each other out, so fewer may wait than are kept. They have room
 * for an outage, in which a thousand jobs fail within a minute and the bucket answers slowly.
 */
export const usualBounds: Bounds = {
  unproven: { mostUnproven: 2_000, mostUnprovenOfJob: 50 },
  firstLooks: { inAll: 1_500, ofOneJob: 25, inLine: 1_000 },
};
