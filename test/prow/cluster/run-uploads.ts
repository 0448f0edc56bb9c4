import { knownFailureFile } from '../artifacts/known-failure.ts';
import { prowjobJson } from '../artifacts/prowjob-json.ts';
import type { Bucket } from '../bucket/bucket.ts';
import type { ProwRun } from './prow-run.ts';
import { latestBuildPaths } from './run-folder.ts';

/** Writes what belongs to a run into the bucket, the way the part of Prow does that writes it. */
export class RunUploads {
  readonly #run: ProwRun;
  readonly #bucket: Bucket;
  readonly #compress: boolean;

  constructor(run: ProwRun, bucket: Bucket, compress: boolean) {
    this.#run = run;
    this.#bucket = bucket;
    this.#compress = compress;
  }

  /** By crier, or ci-operator's XML: stored as it is. */
  plain(path: string, content: string): void {
    this.#bucket.put(`${this.#run.folder}/${path}`, content);
  }

  /** By initupload or a sidecar: text, log and JSON are compressed. */
  text(path: string, content: string): void {
    this.#bucket.put(`${this.#run.folder}/${path}`, content, { gzip: this.#compress });
  }

  /** `finished.json`, unless the plan wants it to be missing or empty. */
  finished(content: string, { byCrier = false } = {}): void {
    const { finished = 'present' } = this.#run.plan;
    if (finished === 'missing') return;
    if (byCrier || finished === 'empty') this.plain('finished.json', finished === 'empty' ? '' : content);
    else this.text('finished.json', content);
  }

  /** By the cloud function that searches each upload for known symptoms. */
  knownFailure(label: string, summary: string): void {
    const { path, content } = knownFailureFile(label, summary);
    this.plain(path, content);
  }

  /** `prowjob.json` is written anew at every report of the ProwJob's state. */
  prowJob(): void {
    this.plain('prowjob.json', prowjobJson(this.#run));
  }

  latestBuild(): void {
    const { job, folder, buildId } = this.#run;
    if (folder === null) return;
    for (const path of latestBuildPaths(job, folder)) this.#bucket.put(path, buildId);
  }

  /** A pull request's run is found through an object that holds its folder's address; a batch has none. */
  alias(): void {
    const { jobName, folder, buildId } = this.#run;
    if (folder === null || !folder.startsWith('pr-logs/') || folder.includes('/batch/')) return;
    this.#bucket.put(`pr-logs/directory/${jobName}/${buildId}.txt`, `gs://${this.#bucket.name}/${folder}`);
  }
}
