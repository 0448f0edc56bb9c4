import type { Found } from '../../evidence/artifacts/artifact-source.ts';
import { readRunRecord, type RunRecord, type RunRecords } from '../../evidence/artifacts/run-records.ts';
import { BodyTooLarge, describeFault, type HttpClient, type HttpResponse } from '../../http/http-client.ts';

interface DeckOptions {
  /** `https://prow.ci.openshift.org`, without a slash at the end. */
  url: string;
  http: HttpClient;
}

const timeoutMs = 30_000;
/** A Kubernetes object has at most 1.5 MiB. */
const maxBytes = 2 * 1_048_576;

/** Prow's records of runs as Deck shows them: `GET /prowjob?prowjob=ID`, YAML, no login (PROW.md, 7). */
export class DeckRecords implements RunRecords {
  readonly #options: DeckOptions;

  constructor(options: DeckOptions) {
    this.#options = options;
  }

  async read(prowJobId: string): Promise<Found<RunRecord>> {
    const { http, url } = this.#options;
    const target = `${url}/prowjob?prowjob=${encodeURIComponent(prowJobId)}`;
    const outcome = await http.call({ method: 'GET', url: target, headers: {}, timeoutMs });
    if (outcome.kind !== 'answered') return { kind: 'unavailable', why: outcome.why };
    if (outcome.status === 200) return readRecord(outcome);
    outcome.drop();
    return outcome.status === 404
      ? { kind: 'absent' }
      : { kind: 'unavailable', why: `HTTP ${outcome.status}` };
  }
}

async function readRecord(response: HttpResponse): Promise<Found<RunRecord>> {
  try {
    const record = readRunRecord(await response.text(maxBytes));
    return record === null
      ? { kind: 'unavailable', why: 'the answer is not a ProwJob' }
      : { kind: 'found', value: record };
  } catch (error) {
    if (error instanceof BodyTooLarge) return { kind: 'too-large', limit: maxBytes, unit: 'bytes' };
    return { kind: 'unavailable', why: describeFault(error) };
  }
}
