import type { Clock } from '../../src/time/clock.ts';
import type {
  Caller,
  Creation,
  ExecutionApi,
  ExecutionRequest,
  Listing,
  Lookup,
  Refusal,
} from '../../src/trigger/execution-api.ts';

/** A run that Gangway was asked to start. */
export interface Started extends ExecutionRequest {
  prowJobId: string;
  at: number;
}

const refusal: Refusal = { kind: 'refused', cause: 'token', says: 'Gangway does not take this token (401)' };

interface Call {
  kind: 'create' | 'get' | 'list';
  at: number;
  token: string;
  isKnown: boolean;
  isDemanded: boolean;
}

/** Gangway in memory: it does as it is asked, until it is told to answer otherwise. */
export class MemoryGangway implements ExecutionApi {
  readonly calls: Call[] = [];
  readonly started: Started[] = [];
  /** Called when a run is started. */
  onStarted: (run: Started) => void = () => {};
  /** Answers in place of the next calls, each of which may do what was asked before. */
  readonly creations: ((request: ExecutionRequest) => Creation | Promise<Creation>)[] = [];
  readonly lookups: ((prowJobId: string) => Lookup | Promise<Lookup>)[] = [];
  readonly listings: ((jobName: string) => Listing)[] = [];
  /** Tokens that the proxy in front does not take. */
  readonly badTokens = new Set<string>();
  /** Called while a request to create waits for its turn. */
  onTurn: () => unknown = () => undefined;
  /** Runs that others started: a list names them, too. */
  readonly others: { jobName: string; prowJobId: string }[] = [];
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  count(kind: Call['kind']): number {
    return this.calls.filter((call) => call.kind === kind).length;
  }

  async create(
    request: ExecutionRequest,
    caller: Caller,
    beforeSend: () => Promise<boolean>,
  ): Promise<Creation> {
    await this.onTurn();
    if (!(await beforeSend())) return { kind: 'called-off' };
    this.#note('create', caller);
    if (this.badTokens.has(caller.token.reveal())) return refusal;
    const answer = this.creations.shift();
    return answer === undefined ? this.start(request) : answer(request);
  }

  async get(prowJobId: string, caller: Caller): Promise<Lookup> {
    this.#note('get', caller);
    if (this.badTokens.has(caller.token.reveal())) return refusal;
    const answer = this.lookups.shift();
    return answer === undefined ? { kind: 'gone' } : answer(prowJobId);
  }

  async list(jobName: string, caller: Caller): Promise<Listing> {
    this.#note('list', caller);
    if (this.badTokens.has(caller.token.reveal())) return refusal;
    const answer = this.listings.shift();
    if (answer !== undefined) return answer(jobName);
    const runs = [...this.others, ...this.started].filter((run) => run.jobName === jobName);
    const executions = runs.map(({ prowJobId }) => ({ prowJobId, status: 'PENDING' as const }));
    return { kind: 'found', executions };
  }

  start(request: ExecutionRequest): Creation {
    const prowJobId = `attempt-${this.started.length + 1}`;
    const run = { ...request, prowJobId, at: this.#clock.now() };
    this.started.push(run);
    this.onStarted(run);
    return { kind: 'created', prowJobId };
  }

  #note(kind: Call['kind'], { token, isKnown, isDemanded = false }: Caller): void {
    this.calls.push({ kind, at: this.#clock.now(), token: token.reveal(), isKnown, isDemanded });
  }
}
