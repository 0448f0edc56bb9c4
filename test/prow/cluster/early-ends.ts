import type { Clock } from '../../../src/time/clock.ts';
import { cloneLog, cloneRecordsJson } from '../artifacts/clone-records.ts';
import { finishedJson } from '../artifacts/prowjob-json.ts';
import type { ProwJobState, ProwRun } from './prow-run.ts';
import type { StageDurations } from './run-plan.ts';
import type { RunRecord } from './run-record.ts';
import type { RunUploads } from './run-uploads.ts';
import type { Beat } from './timeline.ts';

export interface EarlyEnd {
  run: ProwRun;
  clock: Clock;
  durations: StageDurations;
  uploads: RunUploads;
  record: RunRecord;
  end: (state: ProwJobState) => void;
}

/** The pod is deleted while `step` runs: the sidecar uploads in a hurry and says ABORTED; Prow's own word is `error`. */
export function lostBeats(
  { run, clock, durations, uploads, record, end }: EarlyEnd,
  step: string,
  endSetup: () => void,
): Beat[] {
  const begin = () => {
    endSetup();
    record.startPhase('pre');
    record.log(`Running step ${step}.`);
  };
  const interrupt = () => {
    if (run.plan.buildLog !== 'missing') uploads.text('build-log.txt', record.buildLog());
    uploads.finished(finishedJson(run, 'ABORTED', clock.now()));
  };
  return [
    { after: durations.setup, play: begin },
    { after: durations.pre / 2, play: interrupt },
    { after: durations.report, play: () => end('error') },
  ];
}

/** Prow could not clone the source: initupload writes all that there is, `finished.json` included (PROW.md, 3). */
export function failedCloneBeats({ run, clock, durations, uploads, end }: EarlyEnd): Beat[] {
  const upload = () => {
    uploads.text('clone-log.txt', cloneLog(run));
    uploads.text('clone-records.json', cloneRecordsJson(run));
    uploads.text('build-log.txt', cloneLog(run));
    uploads.finished(finishedJson(run, 'FAILURE', clock.now()));
  };
  return [
    { after: durations.setup, play: upload },
    { after: durations.report, play: () => end('failure') },
  ];
}
