import type { ChainStore } from '../chain/chain-store.ts';
import type { Seal } from '../chain/seal.ts';
import type { ArtifactSource } from '../evidence/artifact-source.ts';
import type { Logger } from '../logging.ts';
import type { Reporter } from '../report/reporter.ts';
import type { Rule } from '../rules/rule.ts';
import type { Secret } from '../secret.ts';
import type { ExecutionApi } from '../trigger/execution-api.ts';
import type { Clock } from './clock.ts';

/** Everything that a use case needs from the outside. */
export interface Flow {
  store: ChainStore;
  source: ArtifactSource;
  api: ExecutionApi;
  reporter: Reporter;
  seal: Seal;
  clock: Clock;
  log: Logger;
  rules: () => readonly Rule[];
  settings: FlowSettings;
}

export interface FlowSettings {
  bucket: string;
  /** For links. */
  prowUrl: string;
  /** Milliseconds between two looks at an open run. */
  pollMs: number;
  /** Milliseconds after which a run's end is no longer waited for. */
  completionTimeoutMs: number;
  /** Used where the caller brought no token. */
  gangwayToken: Secret | null;
  /** Used where the notification brought no address. */
  slackWebhook: Secret | null;
  slackErrorsWebhook: Secret | null;
}
