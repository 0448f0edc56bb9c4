import { describeReasons } from '../../src/report/reasons.ts';
import { isDeepStrictEqual } from 'node:util';
import { type Chain, currentRun, closedAtOf } from '../../src/chain/chain.ts';
import type { ChainStore } from '../../src/chain/chain-store.ts';
import type { Decision } from '../../src/chain/decision.ts';
import type { DemoEvent } from './demo-event.ts';
import { formatTime } from './screen.ts';

/** Tells what the service made of the failures since the last look, from what it keeps of them. */
export class ChainWatch {
  /** As they were at the last look, by job. */
  readonly chains = new Map<string, Chain>();
  /** Every decision by job, in turn. */
  readonly decisions = new Map<string, Decision[]>();
  readonly #store: Pick<ChainStore, 'page'>;

  constructor(store: Pick<ChainStore, 'page'>) {
    this.#store = store;
  }

  async look(): Promise<DemoEvent[]> {
    const { chains } = await this.#store.page({ limit: 100 });
    return chains.flatMap((chain) => {
      const before = this.chains.get(chain.jobName) ?? null;
      this.chains.set(chain.jobName, chain);
      return this.#compare(chain, before);
    });
  }

  #compare(chain: Chain, before: Chain | null): DemoEvent[] {
    const events: DemoEvent[] = [];
    const { decision } = chain;
    if (decision !== null && !isDeepStrictEqual(decision, before?.decision)) {
      this.decisions.set(chain.jobName, [...(this.decisions.get(chain.jobName) ?? []), decision]);
      events.push(describeDecision(chain, decision));
    }
    const { attempt, buildId } = currentRun(chain);
    const isNew = before === null || currentRun(before).buildId !== buildId;
    if (chain.state === 'following' && buildId !== null && isNew) {
      events.push(eventOf(chain, `follows attempt ${attempt}, which runs as build ${buildId}`, 'plain'));
    }
    if (closedAtOf(chain) !== null && (before === null || closedAtOf(before) === null)) {
      const tone = chain.state === 'passed' ? 'good' : 'plain';
      events.push(eventOf(chain, `closes the chain: ${chain.state}`, tone));
    }
    return events;
  }
}

function describeDecision(chain: Chain, { outcome, reason, because }: Decision): DemoEvent {
  const tone = outcome === 'retry' ? 'good' : 'bad';
  const when = chain.state === 'scheduled' ? ` at ${formatTime(chain.wakeAt ?? 0)}` : '';
  return {
    ...eventOf(chain, `decides: ${outcome}${when} (${reason})`, tone),
    details: describeReasons(because),
  };
}

function eventOf({ jobName: job, updatedAt: at }: Chain, text: string, tone: DemoEvent['tone']): DemoEvent {
  return { at, job, who: 'retrigger', text, tone };
}
