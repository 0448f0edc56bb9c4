import type {
  Caller,
  Creation,
  ExecutionApi,
  ExecutionRequest,
  Listing,
  Lookup,
} from '../../trigger/execution-api.ts';
import type { Flow } from '../flow.ts';
import { showsTaken } from './ask-gangway.ts';

type Memory = Pick<Flow, 'knownTokens' | 'seal' | 'log'>;

/** Remembers the tokens that Gangway takes in any call. No call waits for that. */
export class RememberingApi implements ExecutionApi {
  readonly #api: ExecutionApi;
  readonly #memory: Memory;

  constructor(api: ExecutionApi, memory: Memory) {
    this.#api = api;
    this.#memory = memory;
  }

  async create(
    request: ExecutionRequest,
    caller: Caller,
    beforeSend: () => Promise<boolean>,
  ): Promise<Creation> {
    return this.#note(caller, await this.#api.create(request, caller, beforeSend));
  }

  async get(prowJobId: string, caller: Caller): Promise<Lookup> {
    return this.#note(caller, await this.#api.get(prowJobId, caller));
  }

  async list(jobName: string, caller: Caller): Promise<Listing> {
    return this.#note(caller, await this.#api.list(jobName, caller));
  }

  #note<T extends Creation | Lookup | Listing>({ token }: Caller, answer: T): T {
    const { knownTokens, seal, log } = this.#memory;
    if (showsTaken(answer)) {
      void knownTokens.add(seal.mark(token)).catch((err: unknown) => {
        log.error({ err }, 'known tokens could not be written');
      });
    }
    return answer;
  }
}
