import type { Disk } from '../adapters/lowdb/disk/disk.ts';
import type { EmbeddedStoreOptions } from '../adapters/lowdb/open-store.ts';
import type { Seal } from '../secret.ts';
import type { FirstCheckLimits } from '../flow/accept/first-checks.ts';
import type { HttpClient } from '../http/http-client.ts';

/** What a simulation puts in the place of the machine's own. */
export interface RuntimeOverrides {
  disk: Disk;
  http: HttpClient;
  random: () => number;
  seal: Seal;
  limits: ServiceLimits;
}

/** How many chains that nothing proves are kept, and how many of them may wait for their first look. */
interface ServiceLimits {
  unproven: Pick<EmbeddedStoreOptions, 'maxUnproven' | 'maxUnprovenOfJob' | 'compactAt'>;
  firstChecks: FirstCheckLimits;
}

/**
 * Chains that wait for their first look must never push each other out, so fewer may wait than are kept. They have room
 * for an outage, in which a thousand jobs fail within a minute and the bucket answers slowly.
 */
export const defaultLimits: ServiceLimits = {
  unproven: { maxUnproven: 2_000, maxUnprovenOfJob: 50 },
  firstChecks: { inAll: 1_500, ofOneJob: 25, inLine: 1_000 },
};

/** For the store (see `narrow-disk.ts`), Node itself (about 30), name servers, and a reserve. */
const reserved = 80;
/** With fewer than these nothing works, so even a process with a very low limit uses these. */
const minShare = 16;
/** Connection pools: one per origin (Gangway, bucket, Prow, Slack) and purpose (read, change). */
const pools = 8;
const maxIncoming = 8_192;
/** To one origin. In a burst of failures, calls wait for a connection instead of opening a thousand sockets. */
const maxOutgoing = 128;

/** How many connections may be open at once. */
interface ConnectionShares {
  /** From callers. */
  incoming: number;
  /** To one origin for one purpose. */
  outgoing: number;
}

/** Divides the file limit of the process, so that a flood of connections cannot use up the store's share. */
export function shareOpenFiles(limit: number): ConnectionShares {
  const half = Math.floor(Math.max(minShare, limit - reserved) / 2);
  return {
    incoming: Math.min(maxIncoming, half),
    outgoing: Math.min(maxOutgoing, Math.floor(half / pools)),
  };
}
