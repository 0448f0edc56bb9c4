import type { Clock } from '../../../src/time/clock.ts';
import { crierFinishedJson, finishedJson, startedJson } from '../artifacts/prowjob-json.ts';
import { setupFailure } from '../artifacts/setup-failure.ts';
import type { Bucket } from '../bucket/bucket.ts';
import { type EarlyEnd, failedCloneBeats, lostBeats } from './early-ends.ts';
import { namespaceOf, type Ids } from './ids.ts';
import { testName } from './job-definition.ts';
import type { ProwJobState, ProwRun } from './prow-run.ts';
import { runFolder } from './run-folder.ts';
import { defaultDurations, failingSteps, type StageDurations } from './run-plan.ts';
import { RunRecord, type StepPhase } from './run-record.ts';
import { RunUploads } from './run-uploads.ts';
import { playBeats, type Beat } from './timeline.ts';

/** What a run's life needs of the world around it. */
export interface RunWorld {
  clock: Clock;
  /** The first one takes the runs whose plan names none. */
  buckets: readonly Bucket[];
  ids: Ids;
  deckUrl: string;
  durations: Partial<StageDurations>;
  /** Whether the sidecar stores its text files gzip-compressed, as OpenShift's does. */
  compress: boolean;
  /** The `job-re-trigger` step: what it returns is printed into its log, what it throws fails it (errexit). */
  reTriggerStep: (run: ProwRun) => unknown;
  busy: (work: Promise<void>) => void;
  ended: (run: ProwRun) => void;
}

/** A run from the moment its pod starts to its terminal state, played on the clock. */
export class RunLife {
  readonly #run: ProwRun;
  readonly #world: RunWorld;
  readonly #durations: StageDurations;
  readonly #test: string;
  readonly #uploads: RunUploads;
  #record: RunRecord;

  constructor(run: ProwRun, world: RunWorld) {
    this.#run = run;
    this.#world = world;
    this.#durations = { ...defaultDurations, ...world.durations, ...run.plan.durations };
    this.#test = testName(run.job);
    const bucket = world.buckets.find(({ name }) => name === run.bucketName);
    if (bucket === undefined) throw new Error(`no bucket ${run.bucketName}: name it in otherBuckets`);
    this.#uploads = new RunUploads(run, bucket, world.compress);
    this.#record = new RunRecord(world.clock, this.#test, '');
  }

  begin(): void {
    this.#startPod();
    const { evictAfter } = this.#run.plan;
    if (evictAfter === undefined) return this.#play(this.#beats());
    const again = () => {
      this.#startPod();
      this.#play(this.#beats());
    };
    this.#play([{ after: evictAfter, play: again }]);
  }

  #play(beats: Beat[]): void {
    playBeats(this.#world.clock, beats, this.#world.busy);
  }

  #startPod(): void {
    const { clock, ids, deckUrl } = this.#world;
    const run = this.#run;
    run.buildId = ids.build(clock.now());
    run.buildIds.push(run.buildId);
    run.folder = runFolder(run.job, run.refs, run.buildId);
    run.url = `${deckUrl}/view/gs/${run.bucketName}/${run.folder}`;
    run.state = 'pending';
    run.pendingAt ??= clock.now();
    run.labels['prow.k8s.io/build-id'] = run.buildId;
    run.labels['prow.k8s.io/id'] = run.prowJobId;
    this.#record = new RunRecord(clock, this.#test, namespaceOf(run.buildId));
    this.#uploads.prowJob();
    if (run.plan.outcome === 'error') return;
    this.#uploads.text('started.json', startedJson(run, clock.now()));
    this.#uploads.latestBuild();
    this.#uploads.alias();
  }

  #beats(): Beat[] {
    const { outcome } = this.#run.plan;
    const { setup, report } = this.#durations;
    if (outcome === 'error') return [{ after: setup, play: () => this.#finishByCrier() }];
    const early = this.#earlyEnd();
    if (outcome === 'lost')
      return lostBeats(early, `${this.#test}-ipi-install-install`, () => this.#endSetup());
    if (outcome === 'fail-clone') return failedCloneBeats(early);
    const failure = setupFailure(outcome, this.#test);
    if (failure !== null) {
      const fail = () => {
        const { message } = this.#run.plan;
        if (outcome === 'fail-lease' || outcome === 'fail-claim') this.#addSetupCases();
        this.#record.addCase(
          failure.caseName,
          message === undefined ? failure.text : `${failure.text}\n${message}`,
        );
      };
      return [{ after: setup, play: fail }, ...this.#endBeats(failure.reason)];
    }
    return [
      { after: setup, play: () => this.#endSetup() },
      ...this.#stepBeats(),
      ...this.#endBeats(this.#usualReason()),
      { after: report, play: () => this.#end(this.#terminalState()) },
    ];
  }

  #earlyEnd(): EarlyEnd {
    const end = (state: ProwJobState) => this.#end(state);
    const { clock } = this.#world;
    return {
      run: this.#run,
      clock,
      durations: this.#durations,
      uploads: this.#uploads,
      record: this.#record,
      end,
    };
  }

  #addSetupCases(): void {
    for (const name of [
      'All images are built and tagged into stable',
      'Find the input image cli and tag it into the pipeline',
      'Import the release payload "latest" from an external source',
    ]) {
      this.#record.addCase(name);
    }
  }

  #endSetup(): void {
    this.#addSetupCases();
    this.#record.log('Imported release 4.20.0-0.nightly to tag release:latest');
    this.#record.log(`Acquired 1 lease(s) for aws-quota-slice: [us-east-1--aws-quota-slice-07]`);
    this.#record.log(`Running multi-stage test ${this.#test}`);
    if (this.#run.plan.failingObserver === true) this.#record.addObserver('observers-resource-watch');
  }

  #stepBeats(): Beat[] {
    const { outcome, postFails = outcome === 'fail-pre' } = this.#run.plan;
    const { pre, test, post } = this.#durations;
    const failing = failingSteps(this.#run.plan);
    const beats = this.#phaseBeats(
      'pre',
      pre,
      ['ipi-conf'],
      outcome === 'fail-pre' ? failing : [],
      'ipi-install-install',
    );
    if (outcome === 'aborted') beats.push(...this.#abortBeats(test / 2));
    else if (outcome !== 'fail-pre') {
      beats.push(
        ...this.#phaseBeats('test', test, [], outcome === 'fail-test' ? failing : [], 'openshift-e2e-test'),
      );
    }
    const failingPost = outcome === 'fail-post' ? failing : postFails ? ['ipi-deprovision-deprovision'] : [];
    const last = this.#phaseBeats(
      'post',
      post,
      ['gather-must-gather'],
      failingPost,
      'ipi-deprovision-deprovision',
    );
    return [...beats, ...last.slice(0, -1), ...this.#reTriggerBeats(), ...last.slice(-1)];
  }

  /** A phase's steps share its time; the failing ones come last, where none fails `usual` does. */
  #phaseBeats(phase: StepPhase, total: number, first: string[], failing: string[], usual: string): Beat[] {
    const steps = [
      ...first.filter((step) => !failing.includes(step)),
      ...(failing.length > 0 ? failing : [usual]),
    ];
    const ms = total / steps.length;
    const { message } = this.#run.plan;
    return [
      { after: 0, play: () => this.#record.startPhase(phase) },
      ...steps.map((step): Beat => {
        const failed = failing.includes(step);
        const says = failed && message !== undefined && this.#run.plan.outcome === `fail-${phase}`;
        return { after: ms, play: () => this.#endStep(phase, step, ms, failed, says ? message : undefined) };
      }),
      { after: 0, play: () => this.#record.endPhase(phase) },
    ];
  }

  #abortBeats(after: number): Beat[] {
    const abort = () => {
      this.#run.state = 'aborted';
      this.#uploads.prowJob();
      this.#record.log('Received signal: terminated', 'ERRO');
      this.#record.endPhase('test', 'cancelled');
    };
    return [
      { after: 0, play: () => this.#record.startPhase('test') },
      { after, play: abort },
    ];
  }

  #endStep(phase: StepPhase, step: string, ms: number, failed: boolean, printed?: string): void {
    const log = this.#record.addStep({
      phase,
      step,
      ms,
      failed,
      ...(printed === undefined ? {} : { printed }),
    });
    const folder = `artifacts/${this.#test}/${step}`;
    this.#uploads.text(`${folder}/build-log.txt`, log);
    const result = failed ? 'FAILURE' : 'SUCCESS';
    this.#uploads.text(`${folder}/finished.json`, finishedJson(this.#run, result, this.#world.clock.now()));
  }

  /** The step is skipped on success, and skips rehearsals itself. It holds the run up while it waits for its answer. */
  #reTriggerBeats(): Beat[] {
    const { outcome, reTriggerStep = outcome !== 'pass' } = this.#run.plan;
    if (!reTriggerStep || this.#run.jobName.includes('rehearse')) return [];
    const { clock } = this.#world;
    const play = () => {
      const startedAt = clock.now();
      const done = (printed: unknown, hasFailed: boolean) =>
        this.#endStep(
          'post',
          'job-re-trigger',
          clock.now() - startedAt,
          hasFailed,
          typeof printed === 'string' ? printed : '',
        );
      const fail = (error: unknown) => done(error instanceof Error ? error.message : String(error), true);
      const answer = attempt(() => this.#world.reTriggerStep(this.#run), fail);
      if (answer instanceof Promise) return answer.then((text: unknown) => done(text, false), fail);
      return answer === failed ? undefined : done(answer, false);
    };
    return [{ after: 0, play }];
  }

  /** The order of a run's end: artifacts and latest-build.txt, then the log and finished.json (PROW.md, 3). */
  #endBeats(reason: string): Beat[] {
    const { upload, report } = this.#durations;
    const {
      outcome,
      junit = 'present',
      buildLog = 'present',
      buildLogBytes,
      knownFailures = [],
      reason: planned,
    } = this.#run.plan;
    const xmlPath = outcome === 'infra' ? 'artifacts/junit_job.xml' : 'artifacts/junit_operator.xml';
    const putJUnit = () =>
      this.#uploads.plain(xmlPath, this.#record.junit(outcome === 'infra' ? 'job' : 'step graph'));
    const artifacts = () => {
      this.#record.close(planned === undefined ? reason : planned);
      if (junit === 'present') putJUnit();
      this.#uploads.plain('artifacts/metadata.json', JSON.stringify({ pod: this.#run.prowJobId }));
      this.#uploads.latestBuild();
    };
    const finish = () => {
      const { clock } = this.#world;
      if (buildLog === 'present') this.#uploads.text('build-log.txt', this.#record.buildLog(buildLogBytes));
      const result = outcome === 'pass' ? 'SUCCESS' : outcome === 'aborted' ? 'ABORTED' : 'FAILURE';
      this.#uploads.finished(finishedJson(this.#run, result, clock.now()));
      if (typeof junit === 'object') clock.at(clock.now() + junit.lateBy, putJUnit);
      for (const { label, summary, lateBy } of knownFailures) {
        clock.at(clock.now() + lateBy, () => this.#uploads.knownFailure(label, summary));
      }
    };
    return [
      { after: upload / 2, play: artifacts },
      { after: upload / 2, play: finish },
      ...(setupFailure(outcome, this.#test) === null
        ? []
        : [{ after: report, play: () => this.#end('failure') }]),
    ];
  }

  /** Prow could not run it: the state comes first, crier's finished.json after it, and there is nothing else. */
  #finishByCrier(): void {
    this.#end('error');
    this.#uploads.finished(crierFinishedJson(this.#run, this.#world.clock.now()), { byCrier: true });
  }

  #end(state: ProwJobState): void {
    this.#run.state = state;
    this.#run.completedAt = this.#world.clock.now();
    this.#uploads.prowJob();
    this.#world.ended(this.#run);
  }

  #terminalState(): ProwJobState {
    const { outcome } = this.#run.plan;
    if (outcome === 'pass') return 'success';
    return outcome === 'aborted' ? 'aborted' : 'failure';
  }

  #usualReason(): string {
    const { outcome } = this.#run.plan;
    if (outcome === 'pass') return '';
    if (outcome === 'aborted') return 'executing_graph:interrupted';
    return 'executing_graph:step_failed:utilizing_lease:executing_test:utilizing_ip_pool:executing_test:executing_multi_stage_test';
  }
}

const failed = Symbol('failed');

function attempt(what: () => unknown, fail: (error: unknown) => void): unknown {
  try {
    return what();
  } catch (error) {
    fail(error);
    return failed;
  }
}
