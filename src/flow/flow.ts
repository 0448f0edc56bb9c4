import type { ChainStore } from '../chain/chain-store.ts';
import type { KnownTokens } from '../chain/credentials.ts';
import type { Seal, Secret } from '../secret.ts';
import type { NoticeStore } from '../notice/notice.ts';
import type { ArtifactSource } from '../evidence/artifacts/artifact-source.ts';
import type { PastRuns } from '../history/past-runs.ts';
import type { Logger } from '../logging.ts';
import type { ChannelPublisher, Reporter } from '../report/reporter.ts';
import type { RuleSet } from '../rules/language/rule.ts';
import type { SilenceStore } from '../rules/decide/silence.ts';
import type { ExecutionApi } from '../trigger/execution-api.ts';
import type { Clock } from '../time/clock.ts';
import type { KeyedLock } from '../time/keyed-lock.ts';
import type { FirstChecks } from './accept/first-checks.ts';
import type { OlderCopy } from './state/older-copy.ts';
import type { RecentFailures } from './state/recent-failures.ts';
import type { SpendingLedger } from './state/spending-ledger.ts';

/** Everything that a use case needs from the outside. */
export interface Flow {
  store: ChainStore;
  source: ArtifactSource;
  api: ExecutionApi;
  reporter: Reporter;
  /** `null`: there is none, and people are told at addresses only. */
  publisher: ChannelPublisher | null;
  seal: Seal;
  knownTokens: KnownTokens;
  clock: Clock;
  /** Orders changes of one outage, and readings of one job's history. */
  locks: KeyedLock;
  log: Logger;
  pastRuns: PastRuns;
  silences: SilenceStore;
  notices: NoticeStore;
  /** Attempts that count against budgets. */
  spendings: SpendingLedger;
  failures: RecentFailures;
  /** Chains that wait for their first look. */
  firstChecks: FirstChecks;
  olderCopy: OlderCopy;
  /** From 0 up to but not 1. */
  random: () => number;
  /** The rules in force now; a reload changes what this gives. */
  rules: () => RuleSet;
  settings: FlowSettings;
}

export interface FlowSettings {
  /** For links. */
  prowUrl: string;
  /** Milliseconds between two looks at an open run. */
  pollMs: number;
  /** Milliseconds after which a run's end is no longer waited for. */
  completionTimeoutMs: number;
  /** Milliseconds after which a run that the bucket does not show is given up, unless a trusted caller reported it. */
  proofTimeoutMs: number;
  /** Milliseconds between two triggers that the rate of Gangway allows. */
  paceMs: number;
  /** Used where the caller brought no token. */
  gangwayToken: Secret | null;
  /** Used where the notification brought no address. */
  slackWebhook: Secret | null;
  slackErrorsWebhook: Secret | null;
  /** Where cards are posted unless a rule says otherwise; `null`: nowhere. */
  slackChannel: string | null;
}
