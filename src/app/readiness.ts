import type { Readiness } from '../adapters/express/http-deps.ts';
import type { GangwayClient } from '../adapters/gangway/gangway-client.ts';
import type { LoadProgress } from '../adapters/lowdb/chains/load.ts';
import type { EmbeddedStore } from '../adapters/lowdb/store.ts';
import type { Clock } from '../time/clock.ts';
import type { LiveRules } from '../flow/state/live-rules.ts';
import type { ServiceHealth } from '../flow/requests/verify-deployment.ts';
import type { Logger } from '../logging.ts';
import type { TroubleWatch } from '../flow/notices/trouble-watch.ts';

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
): () => Promise<Readiness & ServiceHealth> {
  let known: string | null = null;
  const lookAtStore = throttleReads(clock, storeMs, () =>
    embedded.check().then(() => null, describeDiskFault),
  );
  return async () => {
    const { progress } = embedded;
    if (progress !== null) return describe(formatProgress(progress));
    const fault = await lookAtStore();
    if (fault !== known && fault !== null) log.error({ fault }, 'store takes no write');
    if (fault !== known && fault === null) log.info('store takes writes again');
    known = fault;
    return describe(fault);
  };

  function describe(fault: string | null): Readiness & ServiceHealth {
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

function formatProgress({ loaded, total }: LoadProgress): string {
  return `loading ${loaded.toLocaleString('en')} of ${total.toLocaleString('en')}`;
}

/** The disk's own code, such as ENOSPC, says what to do; its message names paths. */
function describeDiskFault(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { code } = (error.cause ?? {}) as NodeJS.ErrnoException;
  return code === undefined ? String(error) : `${String(error)} (${code})`;
}

/**
 * Looks again only if the last look ended at least `ms` milliseconds ago. A call before that, or during a look, gets the
 * result of that look. A failed look is not kept.
 */
export function throttleReads<T>(
  clock: Pick<Clock, 'now'>,
  ms: number,
  look: () => Promise<T>,
): () => Promise<T> {
  let current: Promise<T> | null = null;
  let last: { at: number; seen: T } | null = null;
  const lookNow = async (): Promise<T> => {
    try {
      const seen = await look();
      last = { at: clock.now(), seen };
      return seen;
    } finally {
      current = null;
    }
  };
  return async () => {
    const ageMs = last === null ? ms : clock.now() - last.at;
    // If the clock is set back, the result must not be kept for that much longer.
    if (last !== null && ageMs >= 0 && ageMs < ms) return last.seen;
    current ??= lookNow();
    return current;
  };
}

/** Reports the state of Gangway and of the rules to the watch. */
export function watchTroubles(troubles: TroubleWatch, gangway: GangwayClient, rules: LiveRules): void {
  gangway.onHealth(({ breaker, lastFault }) => {
    const fault = { says: lastFault ?? 'not known', more: 0 };
    troubles.see('gangway', breaker === 'closed' ? null : fault);
  });
  rules.onReading((problems) => {
    const [says, ...others] = problems;
    troubles.see('rules', says === undefined ? null : { says, more: others.length });
  });
}
