import type { TestContext } from 'node:test';
import { BucketSource } from '../../src/adapters/gcs/bucket-source.ts';
import { learnHistory } from '../../src/history/learn-history.ts';
import { createHttpClient } from '../../src/http/http-client.ts';
import { hour, prowForTest } from '../prow/prow-for-test.ts';
import type { NewRun } from '../prow/cluster/cluster.ts';
import type { ProwOptions } from '../prow/start-prow.ts';
import type { ProwRun } from '../prow/cluster/prow-run.ts';
import type { Outcome } from '../prow/cluster/run-plan.ts';
import { KeyedLock } from '../../src/time/keyed-lock.ts';
import { MemoryPastRuns } from '../../src/history/past-runs.ts';

export const job = 'periodic-ci-org-repo-main-e2e-aws';
/** Of the job, in its bucket. */
export const folder = `logs/${job}`;

/** A job in the stand-in Prow, its bucket as the service reads it, and a memory of past runs. */
export async function startHistoryWorld(t: TestContext, stand: Partial<ProwOptions> = {}) {
  const { prow, clock } = await prowForTest(t, stand);
  const http = createHttpClient(clock);
  t.after(() => http.close());
  prow.defineJob({ name: job, type: 'periodic', plan: [{ outcome: 'pass' }] });
  const source = new BucketSource({
    url: prow.bucketUrl,
    buckets: prow.buckets.map(({ name }) => name),
    http,
  });
  const pastRuns = new MemoryPastRuns(clock);
  const locks = new KeyedLock();
  const { calls } = prow.bucket;
  return {
    prow,
    clock,
    source,
    pastRuns,
    locks,
    /** A run that began `ago` hours before now. */
    recordPast: (outcome: Outcome, ago: number, options: NewRun = {}): ProwRun =>
      prow.recordPast(job, { outcome }, clock.now() - ago * hour, options),
    learn: () => learnHistory({ source, pastRuns, locks }, `${prow.bucketName}/${folder}`),
    /** What the bucket was asked for while `work` ran: paths of objects, and lists with a `/` at the end. */
    watch: async (work: () => Promise<unknown>): Promise<string[]> => {
      const before = calls.length;
      await work();
      return calls.slice(before).map(({ path }) => path);
    },
  };
}
