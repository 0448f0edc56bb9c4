import type { ChainStore } from '../../chain/chain-store.ts';
import type { ActionOutcome } from '../../flow/requests/chain-actions.ts';
import type { Clock } from '../../time/clock.ts';
import type { HttpClient } from '../../http/http-client.ts';
import type { Logger } from '../../logging.ts';
import type { Answer } from '../../report/answers.ts';
import type { Card } from '../../report/message.ts';
import type { Silence, SilenceStore } from '../../rules/decide/silence.ts';
import type { Secret } from '../../secret.ts';

export interface SlackConfig {
  /** Of the bot. */
  token: Secret;
  /** Slack sends what people do to `POST /slack/events`, or over the connection that the service opens. */
  inbound: { kind: 'http'; signingSecret: Secret } | { kind: 'socket'; appToken: Secret };
  apiUrl: string;
  /** For links to runs. */
  prowUrl: string;
  /** `null`: anyone can use the buttons, and nobody can trigger. */
  operators: readonly string[] | null;
}

/** What people may ask of the service in Slack. Anything here may throw `StoreUnavailable`. */
export interface SlackDeps {
  store: Pick<ChainStore, 'get' | 'page'>;
  silences: Pick<SilenceStore, 'list'>;
  /** `by`: who asks, in words. */
  cancel: (id: string, by: string) => Promise<ActionOutcome>;
  retry: (id: string, by: string) => Promise<ActionOutcome>;
  /** Mutes the job of a chain, and notes that in it. `null`: there is no such chain. */
  silence: (chainId: string, silence: Omit<Silence, 'id' | 'job'>) => Promise<Silence | null>;
  /** What a run, by its address or by job and build id, left behind and what the rules make of it. */
  explain: (words: readonly string[]) => Promise<Answer>;
  /** Starts a periodic job; says what came of it. */
  trigger: (jobName: string, by: string) => Promise<Answer>;
  /** The account of the last seven days. */
  digest: () => Promise<Card>;
  matchGlob: (pattern: string) => (name: string) => boolean;
  config: SlackConfig;
  http: HttpClient;
  clock: Clock;
  log: Logger;
}
