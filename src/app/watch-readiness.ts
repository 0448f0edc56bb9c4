import type { Readiness } from '../adapters/express/http-deps.ts';
import type { GangwayClient } from '../adapters/gangway/gangway-client.ts';
import type { EmbeddedStore } from '../adapters/lowdb/embedded-store.ts';
import type { LiveRules } from '../flow/live-rules.ts';
import type { Condition } from '../flow/verify-deployment.ts';
import type { Logger } from '../logging.ts';

interface Watched {
  embedded: EmbeddedStore;
  gangway: GangwayClient;
  rules: LiveRules;
}

/** Looks at every part when it is asked, and logs when what the store says of itself is another than before. */
export function watchReadiness(
  { embedded, gangway, rules }: Watched,
  log: Logger,
): () => Promise<Readiness & Condition> {
  let known: string | null = null;
  return async () => {
    const fault = await embedded.check().then(() => null, describeDiskFault);
    if (fault !== known && fault !== null) log.error({ fault }, 'store takes no write');
    if (fault !== known && fault === null) log.info('store takes writes again');
    known = fault;
    const { breaker, faultsInARow, lastFault, retryAt } = gangway.health;
    const retry_at = retryAt === null ? null : new Date(retryAt).toISOString();
    return {
      ready: fault === null,
      store: { ok: fault === null, fault },
      rules: rules.state(),
      gangway: { breaker, faults_in_a_row: faultsInARow, last_fault: lastFault, retry_at },
    };
  };
}

/** The disk's own code, such as ENOSPC, says what to do; its message names paths. */
function describeDiskFault(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { code } = (error.cause ?? {}) as NodeJS.ErrnoException;
  return code === undefined ? String(error) : `${String(error)} (${code})`;
}
