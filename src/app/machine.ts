import type { Disk } from '../adapters/lowdb/disk/disk.ts';
import type { EmbeddedStoreOptions } from '../adapters/lowdb/open-store.ts';
import type { Seal } from '../secret.ts';
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

/** For the store (see `narrow-disk.ts`), Node itself (about 30), name servers, and a reserve. */
const reserved = 80;
/** With fewer than these nothing works, so even a process with a very low limit uses these. */
const fewest = 16;
/** Connection pools: one per origin (Gangway, bucket, Prow, Slack) and purpose (read, change). */
const pools = 8;
const mostIncoming = 8_192;
/** To one origin. In a burst of failures, calls wait for a connection instead of opening a thousand sockets. */
const mostOutgoing = 128;

/** How many connections may be open at once. */
export interface ConnectionShares {
  /** From callers. */
  incoming: number;
  /** To one origin for one purpose. */
  outgoing: number;
}

/** Divides the file limit of the process, so that a flood of connections cannot use up the store's share. */
export function shareOpenFiles(limit: number): ConnectionShares {
  const half = Math.floor(Math.max(fewest, limit - reserved) / 2);
  return {
    incoming: Math.min(mostIncoming, half),
    outgoing: Math.min(mostOutgoing, Math.floor(half / pools)),
  };
}
