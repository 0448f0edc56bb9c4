import { gunzipSync } from 'node:zlib';
import { formatDuration } from '../../src/time/duration.ts';
import type { ProwRun } from '../prow/cluster/prow-run.ts';
import type { Prow } from '../prow/start-prow.ts';
import type { DemoEvent } from './demo-event.ts';

/** Steps that every run has; that they passed is not news. */
const routine = ['ipi-conf', 'gather-must-gather', 'job-re-trigger', 'ipi-deprovision-deprovision'];

/** Tells what the runs did since the last look: starts, steps, ends. */
export function watchProw(prow: Prow): () => DemoEvent[] {
  const told = new Set<string>();
  const once = (key: string): boolean => !told.has(key) && told.add(key).has(key);
  return () =>
    prow.runs.flatMap((run) => [
      ...(run.pendingAt !== null && once(`${run.prowJobId} start`)
        ? [describeStart(run, run.pendingAt)]
        : []),
      ...listSteps(prow, run)
        .filter(({ path, name, passed }) => once(path) && !(passed && routine.includes(name)))
        .map((step) => describeStep(run, step)),
      ...(run.completedAt !== null && once(`${run.prowJobId} end`)
        ? [describeEnd(run, run.completedAt)]
        : []),
    ]);
}

interface Step {
  path: string;
  name: string;
  passed: boolean;
  at: number;
}

/** A step leaves its `finished.json` in the bucket, and that is all that Prow tells of it. */
function listSteps({ bucket }: Prow, { folder }: ProwRun): Step[] {
  if (folder === null) return [];
  return bucket.names(`${folder}/artifacts/`).flatMap((path) => {
    const [, name] = /\/artifacts\/[^/]+\/([^/]+)\/finished\.json$/.exec(path) ?? [];
    const object = bucket.object(path);
    if (name === undefined || object === null) return [];
    const text = String(object.gzip ? gunzipSync(object.bytes) : object.bytes);
    const { passed } = JSON.parse(text) as { passed?: boolean };
    return [{ path, name, passed: passed === true, at: object.updatedAt }];
  });
}

function describeStart(run: ProwRun, at: number): DemoEvent {
  const why = run.createdBy === 'gangway' ? 'starts what Gangway took' : 'starts the nightly run';
  return eventOf(run, at, `${why}: build ${run.buildId}`, 'plain');
}

function describeStep(run: ProwRun, { name, passed, at }: Step): DemoEvent {
  return eventOf(run, at, `step ${name} ${passed ? 'passed' : 'failed'}`, passed ? 'faint' : 'bad');
}

function describeEnd(run: ProwRun, at: number): DemoEvent {
  const took = formatDuration(Math.round((at - (run.pendingAt ?? at)) / 60_000) * 60_000);
  return eventOf(
    run,
    at,
    `the run ended: ${run.state} after ${took}`,
    run.state === 'success' ? 'good' : 'bad',
  );
}

function eventOf({ jobName: job }: ProwRun, at: number, text: string, tone: DemoEvent['tone']): DemoEvent {
  return { at, job, who: 'Prow', text, tone };
}
