import type { ArtifactSource, Found, ListLimits } from '../../src/evidence/artifacts/artifact-source.ts';
import { bucketOf, logsFolder, type RunId } from '../../src/job/run.ts';
import { streamText } from '../evidence/memory-source.ts';

/** `lost`: Prow's state is error, and no log or case says where it failed. */
export type RunOutcome = 'pre' | 'post' | 'pass' | 'pending' | 'lost';

export interface RunFiles extends RunId {
  /** The first of the buckets, unless it says otherwise. */
  bucket?: string;
  outcome: RunOutcome;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  envs?: Record<string, string>;
  args?: string[];
}

const states: Record<RunOutcome, string> = {
  pre: 'failure',
  post: 'failure',
  pass: 'success',
  pending: 'pending',
  lost: 'error',
};

export const publicBucket = 'test-platform-results-public';

/** Buckets in memory that can be listed, whose objects go wrong when they are told to. */
export class MemoryBucket implements ArtifactSource {
  buckets: readonly string[] = [publicBucket];
  /** Those that refuse anonymous reads. */
  readonly closed = new Set<string>();
  /** By bucket and path. */
  readonly objects = new Map<string, string>();
  /** Called before each read with the path and before each list with the folder and a `/`. */
  onAsked: (path: string) => unknown = () => undefined;
  readonly #faults: { end: string; found: Found<never>; times: number }[] = [];

  /** What a run leaves behind: all of it where it has ended. */
  putRun({ outcome, labels = {}, annotations = {}, envs = {}, args = [], ...run }: RunFiles): void {
    const put = (name: string, text: string) => this.objects.set(`${folderOf(run)}/${name}`, text);
    const state = states[outcome];
    const metadata = { name: run.prowJobId, labels, annotations };
    const env = Object.entries(envs).map(([name, value]) => ({ name, value }));
    const spec = { type: 'periodic', job: run.jobName, pod_spec: { containers: [{ name: '', env, args }] } };
    put('started.json', '{"timestamp":1780000000}');
    put('prowjob.json', JSON.stringify({ metadata, spec, status: { state } }));
    if (outcome === 'pending') return;
    const result = outcome === 'pass' ? 'SUCCESS' : 'FAILURE';
    put('finished.json', JSON.stringify({ timestamp: 1_780_003_600, result }));
    put('build-log.txt', 'done');
    if (outcome === 'pre' || outcome === 'post') put('artifacts/junit_operator.xml', writeJunit(outcome));
  }

  /** Prow reports another status of a run that lies there. */
  setProwJob(
    folder: string,
    status: { state: string; description?: string; startTime?: string; completionTime?: string },
  ): void {
    const path = `${folder}/prowjob.json`;
    this.objects.set(path, JSON.stringify({ ...JSON.parse(this.objects.get(path) ?? '{}'), status }));
  }

  /** A label that the people who run the CI attach to a run. */
  putLabel(run: Pick<RunId, 'jobName' | 'buildId'>, label: string, summary = ''): void {
    const text = JSON.stringify({ symptom_label_v1: { symptom: { summary }, label: { id: label } } });
    this.objects.set(`${folderOf(run)}/artifacts/job_labels/${label}-build-log.txt-1.json`, text);
  }

  /** The next `times` reads of an object whose path ends so, or lists of a folder that ends so and in `/`. */
  fail(end: string, times = Infinity, found: Found<never> = { kind: 'unavailable', why: 'HTTP 503' }): void {
    this.#faults.push({ end, found, times });
  }

  heal(): void {
    this.#faults.length = 0;
  }

  async read(path: string): Promise<Found<string>> {
    await this.onAsked(path);
    const refusal = this.#refuse(path);
    if (refusal !== null) return refusal;
    const text = this.objects.get(path);
    return (
      this.#takeFault(path) ?? (text === undefined ? { kind: 'absent' } : { kind: 'found', value: text })
    );
  }

  async stream(path: string): Promise<Found<AsyncIterable<Uint8Array>>> {
    const found = await this.read(path);
    return found.kind === 'found' ? { kind: 'found', value: streamText(found.value, 4096) } : found;
  }

  async tail(path: string): Promise<Found<string>> {
    return this.read(path);
  }

  async listFolders(
    folder: string,
    from: string,
    { before, pages = 20 }: ListLimits = {},
  ): Promise<Found<string[]>> {
    await this.onAsked(`${folder}/`);
    const refusal = this.#refuse(folder);
    if (refusal !== null) return refusal;
    const inside = [...this.objects.keys()].filter((path) => path.startsWith(`${folder}/`));
    const names = new Set(inside.map((path) => path.slice(folder.length + 1).split('/')[0] ?? ''));
    const isInside = (name: string): boolean => name >= from && (before === undefined || name < before);
    const value = [...names].filter(isInside).toSorted();
    if (value.length > 1_000 * pages) return { kind: 'too-large', limit: 1_000 * pages, unit: 'names' };
    return this.#takeFault(`${folder}/`) ?? { kind: 'found', value };
  }

  async listObjects(folder: string): Promise<Found<string[]>> {
    await this.onAsked(`${folder}/`);
    const refused = this.#refuse(folder);
    if (refused !== null) return refused;
    const inside = [...this.objects.keys()].filter((path) => path.startsWith(`${folder}/`));
    const value = inside.map((path) => path.slice(folder.length + 1)).toSorted();
    return this.#takeFault(`${folder}/`) ?? { kind: 'found', value };
  }

  #refuse(path: string): Found<never> | null {
    const bucket = bucketOf(path);
    if (this.closed.has(bucket)) return { kind: 'denied', bucket };
    return this.buckets.includes(bucket) ? null : { kind: 'absent' };
  }

  #takeFault(path: string): Found<never> | null {
    const fault = this.#faults.find(({ end, times }) => path.endsWith(end) && times > 0);
    if (fault === undefined) return null;
    fault.times -= 1;
    return fault.found;
  }
}

export function folderOf({
  jobName,
  buildId,
  bucket = publicBucket,
}: Pick<RunFiles, 'jobName' | 'buildId' | 'bucket'>): string {
  return logsFolder(bucket, jobName, buildId);
}

function writeJunit(phase: string): string {
  const failure = `<failure>"e2e" ${phase} steps failed: "e2e" pod "e2e-${phase}-step" failed: it broke</failure>`;
  const name = `Run multi-stage test ${phase} phase`;
  return `<testsuites><testsuite><testcase name="${name}">${failure}</testcase></testsuite></testsuites>`;
}
