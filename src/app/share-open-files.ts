/** Kept for the store (see `narrow-disk.ts`), for Node itself (about 30), for name servers, and some to spare. */
const reserved = 80;
/** With fewer than these nothing works, so a process that may open hardly any files still tries. */
const fewest = 16;
/** Pairs of an origin and a purpose that have connections of their own: Gangway, bucket, Prow and Slack, to read or to change. */
const pools = 8;
const mostIncoming = 8_192;
/** To one origin; a burst of failures waits its turn instead of opening a thousand sockets. */
const mostOutgoing = 128;

/** How many connections may be open at once. */
export interface ConnectionShares {
  /** From callers. */
  incoming: number;
  /** To one origin for one purpose. */
  outgoing: number;
}

/** Divides what the process may open, so that no flood of connections takes the store's part of it. */
export function shareOpenFiles(limit: number): ConnectionShares {
  const half = Math.floor(Math.max(fewest, limit - reserved) / 2);
  return {
    incoming: Math.min(mostIncoming, half),
    outgoing: Math.min(mostOutgoing, Math.floor(half / pools)),
  };
}
