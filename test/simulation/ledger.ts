import { type RecipientId, type Chain, closedAtOf, holdOf, isOpen } from '../../src/chain/chain.ts';
import { recipientKey, recipientOf } from '../../src/chain/outbox.ts';
import { isRefusals, type Notice } from '../../src/notice/notice.ts';
import { isProven } from '../../src/chain/proof.ts';
import type { Seal } from '../../src/secret.ts';
import { composeMessage } from '../../src/report/chain/compose-message.ts';
import type { Lifetime } from './slack-watch.ts';

/** A report that a chain had on its way, as it was on disk. */
export interface Told {
  chainId: string;
  jobName: string;
  topic: string;
  attempt: number;
  title: string;
  /** By the service's clock, ms since the epoch. */
  dueAt: number | null;
  /** When it was first seen on disk, ms since the epoch by the world's clock. */
  seenAt: number;
  /** The address that it goes to; `null`: the service's own. */
  address: string | null;
}

/** A request for a new run, and what the disk said of it at that moment. */
export interface Posted {
  jobName: string;
  root: string;
  attempt: number;
  token: string;
  /** Ms since the epoch, by the world's clock. */
  at: number;
  /** By the service's clock, ms; `null`: there was no note of it on disk. */
  intendedAt: number | null;
  isDemanded: boolean;
  /** How many data directories there were before. */
  era: number;
}

/** What was seen of the service from the outside, and of what it wrote down: the invariants are held against it. */
export class Ledger {
  readonly #seal: Seal;
  /** Runs of which a notification was answered with a 202 or 200. */
  readonly accepted = new Set<string>();
  /** When the run's own step was first answered so, ms by the world's clock. */
  readonly ownAccepted = new Map<string, number>();
  readonly told = new Map<string, Told>();
  readonly posted: Posted[] = [];
  /** How often a person asked for one more attempt, by the chain. */
  readonly demands = new Map<string, number>();
  /** When a person was told that the chain is called off, by its root. */
  readonly cancelled = new Map<string, number>();
  /** Silences that were on disk `from` then on (world's clock), `until` by the service's, ms. */
  readonly silences: { job: string; from: number; until: number }[] = [];
  readonly logs: string[] = [];
  /** When the first chain of each id was created, by the service's clock. */
  readonly #createdAt = new Map<string, number>();
  /** Data directories that were lost, with all that was promised before. */
  losses = 0;
  /** When anything went wrong but for Slack, or the process began or ended, ms by the world's clock. */
  readonly troubles: number[] = [];
  /** Chains that an outage ever held. */
  readonly held = new Set<string>();
  /** The lives of the process, in order. */
  readonly lives: Lifetime[] = [];
  /** When a notification of a run first brought a Slack address to this data directory, ms by the world's clock. */
  readonly addressed = new Map<string, number>();
  /** When a chain was seen to end, ms by the world's clock. */
  readonly ended = new Map<string, number>();
  /** The tokens that notifications of a run brought, by its id. */
  readonly tokens = new Map<string, Set<string>>();
  /** When a run was first seen as judged, or its chain as closed, ms by the world's clock, by the run's id. */
  readonly judged = new Map<string, number>();
  /** Chains of which it was on disk that their failure is proven; each with the ids of its runs. */
  readonly proven = new Map<string, string[]>();
  /** When Gangway first answered a token as one that it knows, ms by the world's clock. */
  readonly takenTokens = new Map<string, number>();
  /** Chains that had a card in our channel, or a report on its way to it, and since when. */
  readonly shown = new Map<string, { chainId: string; title: string; runs: string[]; seenAt: number }>();
  /** Sums of rejected tokens: when each was first on disk, and the names in it. */
  readonly sums = new Map<string, { at: number; jobs: string[] }>();
  /** By how much the machine's clock was set, forward and back, in all, ms. */
  clockSetMs = 0;

  get isVoid(): boolean {
    return this.losses > 0;
  }

  constructor(seal: Seal) {
    this.#seal = seal;
  }

  /** Notes the reports of a chain that was just written. */
  see(chain: Chain, now: number): void {
    if (!this.#createdAt.has(chain.id)) this.#createdAt.set(chain.id, chain.createdAt);
    if (holdOf(chain) !== null) this.held.add(chain.id);
    if (isOpen(chain)) this.ended.delete(chain.id);
    else if (!this.ended.has(chain.id)) this.ended.set(chain.id, now);
    if (isProven(chain))
      this.proven.set(
        chain.id,
        chain.runs.map(({ prowJobId }) => prowJobId),
      );
    for (const { prowJobId, status } of chain.runs) {
      const isJudged = status !== null || closedAtOf(chain) !== null;
      if (isJudged && !this.judged.has(prowJobId)) this.judged.set(prowJobId, now);
    }
    const runs = chain.runs.map(({ prowJobId }) => prowJobId);
    if (chain.card?.place != null && !this.shown.has(chain.id))
      this.shown.set(chain.id, { chainId: chain.id, title: `card of ${chain.jobName}`, runs, seenAt: now });
    for (const report of chain.outbox) {
      const { topic, attempt, at } = report;
      const dueAt = report.topic === 'scheduled' ? report.dueAt : null;
      const { title } = composeMessage(chain, report, 'https://prow.ci.openshift.org');
      for (const { id } of report.to) {
        if (id.kind === 'thread') continue;
        const key = `${chain.id} ${topic} ${attempt} ${at} ${recipientKey(id)}`;
        if (this.told.has(key)) continue;
        const address = this.#addressOf(chain, id);
        const of = { chainId: chain.id, jobName: chain.jobName, topic, attempt, title, dueAt };
        this.told.set(key, { ...of, seenAt: now, address });
        if (address === null) this.shown.set(key, { chainId: chain.id, title, runs, seenAt: now });
      }
    }
  }

  #addressOf({ credentials }: Chain, id: RecipientId): string | null {
    const kept = credentials.addresses.find((each) => recipientKey(recipientOf(each)) === recipientKey(id));
    const sealed = kept?.kind === 'address' ? kept.slack : null;
    return sealed === null ? null : (this.#seal.open(sealed)?.reveal() ?? null);
  }

  /** Whether the chain was opened anew for a run whose first chain had ended unproven and was forgotten. */
  isForgotten({ id, createdAt }: Chain): boolean {
    return this.#createdAt.get(id) !== createdAt;
  }

  /** Notes a message about many chains that was just written down. */
  seeNotice(notice: Notice, now: number): void {
    if (isRefusals(notice) && !this.sums.has(notice.id))
      this.sums.set(notice.id, { at: now, jobs: notice.facts.jobs });
  }

  address(prowJobId: string, now: number): void {
    if (!this.addressed.has(prowJobId)) this.addressed.set(prowJobId, now);
  }

  bring(prowJobId: string, token: string): void {
    this.tokens.set(prowJobId, (this.tokens.get(prowJobId) ?? new Set()).add(token));
  }

  accept(prowJobId: string, isForged: boolean, now: number): void {
    this.accepted.add(prowJobId);
    if (!isForged && !this.ownAccepted.has(prowJobId)) this.ownAccepted.set(prowJobId, now);
  }

  demand(chainId: string): void {
    this.demands.set(chainId, (this.demands.get(chainId) ?? 0) + 1);
  }
}
