import type { Chain } from '../chain/chain.ts';
import { FirstChecks, type FirstCheckLimits } from '../flow/accept/first-checks.ts';
import { ChainWorker } from '../flow/chain-worker.ts';
import type { Flow } from '../flow/flow.ts';
import { RememberingApi } from '../flow/gangway/remembering-api.ts';
import { NoticeWorker } from '../flow/notices/notice-worker.ts';
import { logEnd, ObservedNotices, ObservedStore } from '../flow/state/observed-store.ts';
import { OlderCopy } from '../flow/state/older-copy.ts';
import { RecentFailures } from '../flow/state/recent-failures.ts';
import { SpendingLedger } from '../flow/state/spending-ledger.ts';
import { KeyedLock } from '../time/keyed-lock.ts';

/** What the flow works with, as the adapters give it. */
export type Ports = Omit<Flow, 'spendings' | 'failures' | 'firstChecks' | 'olderCopy' | 'locks'>;

export interface JoinedFlow {
  flow: Flow;
  worker: ChainWorker;
  noticeWorker: NoticeWorker;
  /** `tell` is called at every change of a chain, once it is on disk. */
  onChange: (tell: (chain: Chain) => void) => void;
  /** Takes over a chain that the store has loaded: its work, and what is kept of chains in memory. */
  takeUp: (chain: Chain) => void;
}

/** Joins the flow with its workers, which hear of every change. They begin their work when they are started. */
export function joinFlow(ports: Ports, limits: FirstCheckLimits): JoinedFlow {
  const { clock, log, knownTokens, seal } = ports;
  const store = new ObservedStore(ports.store, clock);
  const notices = new ObservedNotices(ports.notices);
  const flow: Flow = {
    ...ports,
    store,
    notices,
    api: new RememberingApi(ports.api, { knownTokens, seal, log }),
    spendings: new SpendingLedger(),
    failures: new RecentFailures(),
    firstChecks: new FirstChecks(clock, limits),
    olderCopy: new OlderCopy(),
    locks: new KeyedLock(),
  };
  const worker = new ChainWorker(flow);
  const noticeWorker = new NoticeWorker(flow);
  store.onChange((chain, hasEnded) => {
    if (hasEnded) logEnd(log, chain);
    worker.plan(chain);
    noticeWorker.refusals.see(chain);
  });
  store.onForgotten((ids) => worker.forget(ids));
  notices.onChange((notice) => noticeWorker.plan(notice));
  const takeUp = (chain: Chain): void => {
    const now = clock.now();
    flow.spendings.takeUp(chain, now);
    flow.failures.takeUp(chain, now);
    flow.olderCopy.takeUp(chain);
    worker.takeUp(chain);
  };
  return { flow, worker, noticeWorker, onChange: (tell) => store.onChange(tell), takeUp };
}
