import type { Readiness } from '../adapters/express/http-deps.ts';
import type { GangwayClient } from '../adapters/gangway/gangway-client.ts';
import type { LoadProgress } from '../adapters/lowdb/chains/document-loader.ts';
import type { EmbeddedStore } from '../adapters/lowdb/store.ts';
import type { Clock } from '../time/clock.ts';
import type { LiveRules } from '../flow/state/live-rules.ts';
import type { Condition } from '../flow/requests/verify-deployment.ts';
import type { Logger } from '../logging.ts';
import { lookSeldom } from './throttle-reads.ts';

interface Watched {
  embedded: EmbeddedStore;
  gangway: GangwayClient;
  rules: LiveRules;
  clock: Pick<Clock, 'now'>;
}

/** A check of the store writes to the disk, and anyone may ask for one. */
const storeMs = 1_000;

/** Checks every part when asked, but the store at most once a second. Logs when the store's fault changes. */
export function watchReadiness(
  { embedded, gangway, rules, clock }: Watched,
  log: Logger,
): () => Promise<Readiness & Condition> {
  let known: string | null = null;
  const lookAtStore = lookSeldom(clock, storeMs, () => embedded.check().then(() => null, describeDiskFault));
  return async () => {
    const { progress } = embedded;
    if (progress !== null) return describe(sayProgress(progress));
    const fault = await lookAtStore();
    if (fault !== known && fault !== null) log.error({ fault }, 'store takes no write');
    if (fault !== known && fault === null) log.info('store takes writes again');
    known = fault;
    return describe(fault);
  };

  function describe(fault: string | null): Readiness & Condition {
    const { breaker, faultsInARow, lastFault, retryAt } = gangway.health;
    const retry_at = retryAt === null ? null : new Date(retryAt).toISOString();
    return {
      ready: fault === null,
      store: { ok: fault === null, fault },
      rules: rules.state(),
      gangway: { breaker, faults_in_a_row: faultsInARow, last_fault: lastFault, retry_at },
    };
  }
}

function sayProgress({ loaded, total }: LoadProgress): string {
  return `loading ${loaded.toLocaleString('en')} of ${total.toLocaleString('en')}`;
}

/** The disk's own code, such as ENOSPC, says what to do; its message names paths. */
function describeDiskFault(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { code } = (error.cause ?? {}) as NodeJS.ErrnoException;
  return code === undefined ? String(error) : `${String(error)} (${code})`;
}
