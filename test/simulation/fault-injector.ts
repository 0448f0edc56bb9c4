import { createHash } from 'node:crypto';
import type { SeededChance } from '../time/seeded-chance.ts';
import type { BucketFaultKind } from '../prow/bucket/bucket-fault.ts';
import type { ApiFault } from '../prow/slack/api-fault.ts';
import type { ProwParts } from '../prow/start-prow.ts';
import { isForApp, type Passage, type Request, type Side } from './faulty-network.ts';
import { minute, type Scenario } from './scenario.ts';
import type { Fault, Tally } from './tally.ts';

interface FaultContext {
  chance: SeededChance;
  scenario: Scenario;
  tally: Tally;
  prow: ProwParts;
  /** Ms since the epoch, by the world's clock. */
  now: () => number;
  /** Tells whoever reads the trace. */
  note: (what: string) => void;
  beginsAt: number;
}

/** In poll intervals: so much later at the most a request is carried out whose connection broke; lists are asked longer. */
export const latestPolls = 10;
/** More deaths than this teach nothing, and nothing would ever get done. */
const maxDeaths = 25;

/** What goes wrong, by the dice. Windows are for what stays wrong for a while. */
export class FaultInjector {
  readonly #context: FaultContext;
  readonly #until = new Map<Fault, number>();
  #deaths = 0;

  constructor(context: FaultContext) {
    this.#context = context;
    this.#spoilArtifacts();
  }

  get isCalm(): boolean {
    return this.#context.now() >= this.#context.beginsAt + this.#context.scenario.calmAtMs;
  }

  /** Whether the fault happens here, by its probability; it is counted where it does. */
  strikes(fault: Fault, probability: number): boolean {
    const { scenario, chance, tally } = this.#context;
    if (this.isCalm || !scenario.faults.has(fault) || !chance.happens(probability)) return false;
    tally.fire(fault);
    this.#context.note(fault);
    return true;
  }

  /** The same for what kills the process. */
  kills(fault: Fault, probability: number): boolean {
    if (this.#deaths >= maxDeaths || !this.strikes(fault, probability)) return false;
    this.#deaths += 1;
    return true;
  }

  /** From now on for so long. */
  begin(fault: Fault, ms: number): void {
    this.#until.set(fault, this.#context.now() + ms);
  }

  /** Whether the fault is on, as `begin` set it; counted whenever somebody meets it. */
  isOn(fault: Fault): boolean {
    if (this.isCalm || this.#context.now() >= (this.#until.get(fault) ?? 0)) return false;
    this.#context.tally.fire(fault);
    return true;
  }

  send(side: Side, request: Request): Passage {
    if (side === 'gangway') return this.#sendToGangway(request);
    if (side === 'bucket') return this.#sendToBucket();
    return isForApp(request) ? this.#sendToSlackApp(request) : this.#sendToSlack();
  }

  #usual(): Passage {
    const { chance } = this.#context;
    return { outMs: chance.between(1, 400), backMs: chance.between(1, 400) };
  }

  #sendToGangway(request: Request): Passage {
    const { chance, prow, scenario } = this.#context;
    const usual = this.#usual();
    if (this.isOn('Gangway: down')) return { isRefused: true, outMs: null, backMs: null };
    if (this.strikes('Gangway: request lost', 0.15)) return { outMs: null, backMs: null, breaksAfterMs: 300 };
    if (this.strikes('Gangway: answer lost after creating', 0.2)) return { ...usual, backMs: null };
    if (this.strikes('Gangway: slower than the time-out', 0.05)) {
      return { ...usual, backMs: request.timeoutMs + chance.between(1, minute) };
    }
    if (this.strikes('Gangway: carried out after the connection broke', 0.15)) {
      return {
        outMs: chance.between(1_000, latestPolls * scenario.pollMs),
        backMs: null,
        breaksAfterMs: chance.between(1, 900),
      };
    }
    const kind = this.#chooseStatus(request);
    if (kind === null) return usual;
    const spoil = (): (() => void) => {
      prow.gangway.fail(kind.kind, kind);
      return () => prow.gangway.clearFaults();
    };
    return { ...usual, spoil };
  }

  #chooseStatus(request: Request) {
    const { chance } = this.#context;
    const fivehundred = () => chance.pick(['500', '500-bare', '502', '503', '504'] as const);
    if (request.url.includes('?job_name=') && this.strikes('Gangway: empty list', 0.7)) {
      return { kind: 'empty-list' } as const;
    }
    if (this.strikes('Gangway: 429', 0.15)) {
      return { kind: '429', ...(chance.happens(0.5) ? { retryAfter: chance.between(1, 60) } : {}) } as const;
    }
    if (this.strikes('Gangway: no healthy upstream', 0.15)) return { kind: '503-no-upstream' } as const;
    if (this.strikes('Gangway: 5xx after creating', 0.15)) {
      return { kind: fivehundred(), created: true };
    }
    if (this.strikes('Gangway: 5xx', 0.15)) return { kind: fivehundred() };
    if (this.strikes('Gangway: 401', 0.03)) return { kind: '401' } as const;
    if (this.strikes('Gangway: 403', 0.03)) return { kind: chance.pick(['403-html', '403-tenant'] as const) };
    return null;
  }

  #sendToBucket(): Passage {
    const usual = this.#usual();
    if (this.strikes('bucket: no answer', 0.04)) return { ...usual, backMs: null, breaksAfterMs: 500 };
    return usual;
  }

  #sendToSlack(): Passage {
    const { chance, prow } = this.#context;
    const usual = this.#usual();
    if (this.isOn('Slack: down')) return { isRefused: true, outMs: null, backMs: null };
    if (this.strikes('Slack: answer lost after delivering', 0.15)) return { ...usual, backMs: null };
    const status = this.strikes('Slack: 429', 0.15) ? 429 : this.strikes('Slack: 5xx', 0.15) ? 500 : null;
    if (status === null) return usual;
    const retryAfter = chance.between(1, 90);
    const spoil = (): (() => void) => {
      prow.slack.fail({ status, ...(status === 429 ? { retryAfter } : {}) });
      return () => prow.slack.clearFaults();
    };
    return { ...usual, spoil };
  }

  #sendToSlackApp(request: Request): Passage {
    const { chance } = this.#context;
    const usual = this.#usual();
    if (this.isOn('Slack: down')) return { isRefused: true, outMs: null, backMs: null };
    if (this.strikes('Slack app: answer lost after writing', 0.1)) return { ...usual, backMs: null };
    if (this.strikes('Slack app: connection broken', 0.1)) {
      // What is carried out later than it breaks would overtake what is sent next, and nobody could tell.
      const outMs = chance.happens(0.5) ? usual.outMs : null;
      return { outMs, backMs: null, breaksAfterMs: (usual.outMs ?? 0) + chance.between(1, 400) };
    }
    if (this.strikes('Slack app: slow', 0.1)) return { ...usual, backMs: chance.between(2_000, 14_000) };
    if (this.strikes('Slack app: slower than the time-out', 0.05)) {
      return { ...usual, backMs: request.timeoutMs + chance.between(1, minute) };
    }
    const fault = this.#chooseAppFault();
    if (fault === null) return usual;
    const spoil = (): (() => void) => {
      const { api } = this.#context.prow.slack;
      api.fail(fault);
      return () => api.clearFaults();
    };
    return { ...usual, spoil };
  }

  #chooseAppFault(): ApiFault | null {
    const { chance } = this.#context;
    if (this.strikes('Slack app: 429', 0.15)) return { status: 429, retryAfter: chance.between(1, 90) };
    if (!this.strikes('Slack app: 5xx', 0.15)) return null;
    return chance.pick<ApiFault>([
      { status: 500 },
      { status: 503 },
      { status: 200, error: 'internal_error' },
    ]);
  }

  /** Which objects are late, cut or never there is settled for each by its name, so that every read meets the same. */
  #spoilArtifacts(): void {
    const { now } = this.#context;
    const firstAsked = new Map<string, number>();
    const lateFor = (path: string): number => this.#share(`late ${path}`) * 20 * minute;
    this.#spoil('bucket: artifact late', 'late', 0.15, (path) => {
      const since = firstAsked.get(path) ?? now();
      firstAsked.set(path, since);
      return now() < since + lateFor(path);
    });
    this.#spoil('bucket: artifact truncated', 'truncated', 0.06, () => true);
    this.#spoil('bucket: artifact missing', 'missing', 0.06, () => true);
    this.#spoil('bucket: a page in place of the object', 'html', 0.04, () => true);
  }

  #spoil(fault: Fault, kind: BucketFaultKind, part: number, isNow: (path: string) => boolean): void {
    const { prow, scenario, tally } = this.#context;
    if (!scenario.faults.has(fault)) return;
    const met = (path: string): boolean => {
      const isMet = /\.(json|xml|txt)$/.test(path) && this.#share(`${kind} ${path}`) < part && isNow(path);
      if (isMet) tally.fire(fault);
      return isMet;
    };
    for (const bucket of prow.buckets) bucket.fault({ kind, path: met });
  }

  /** A number from 0 up to 1 that goes with the text in this world. */
  #share(text: string): number {
    const { seed } = this.#context.scenario;
    return createHash('sha1').update(`${seed} ${text}`).digest().readUInt32BE() / 2 ** 32;
  }
}
