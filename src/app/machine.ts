import type { Disk } from '../adapters/lowdb/disk.ts';
import type { EmbeddedStoreOptions } from '../adapters/lowdb/open-embedded-store.ts';
import type { Seal } from '../chain/seal.ts';
import type { FirstLookBounds } from '../flow/first-looks.ts';
import type { HttpClient } from '../http.ts';

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
 * Of a job's unproven chains half may wait for their first look, so that they never push each other out. Room for an
 * outage: hundreds of jobs fail at once, and each look takes some requests.
 */
export const usualBounds: Bounds = {
  unproven: { mostUnproven: 2_000, mostUnprovenOfJob: 50 },
  firstLooks: { inAll: 500, ofOneJob: 25, inLine: 500 },
};
