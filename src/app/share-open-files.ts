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
