import type { Clock } from '../../../src/time/clock.ts';
import { buildLog, type LogLine } from '../artifacts/build-log.ts';
import { containerTail, phaseFailure, usualMessage, type FailedStep } from '../artifacts/failure-text.ts';
import { goDuration } from '../artifacts/go-duration.ts';
import { junitFile, type JUnitCase } from '../artifacts/junit-operator.ts';

export type StepPhase = 'pre' | 'test' | 'post';

export interface RecordedStep {
  phase: StepPhase;
  step: string;
  ms: number;
  failed: boolean;
  /** What its container printed; a failed one has something of its own to say. */
  printed?: string;
}

/** What ci-operator notes of a run as it goes: its log and its JUnit cases. */
export class RunRecord {
  readonly #clock: Clock;
  readonly #test: string;
  readonly #namespace: string;
  readonly #startedAt: number;
  readonly #lines: LogLine[] = [];
  readonly #cases: JUnitCase[] = [];
  readonly #failures: string[] = [];
  #phase: { failed: FailedStep[]; startedAt: number } = { failed: [], startedAt: 0 };

  constructor(clock: Clock, test: string, namespace: string) {
    this.#clock = clock;
    this.#test = test;
    this.#namespace = namespace;
    this.#startedAt = clock.now();
    this.log('ci-operator version v20260525-52352cd19');
    this.log('Loading configuration from https://config.ci.openshift.org for acme/shop@main');
    this.log(`Using namespace https://console.build01.ci.openshift.org/k8s/cluster/projects/${namespace}`);
    this.log(`Running [input:cli], [release:latest], ${test}`);
  }

  log(text: string, level: LogLine['level'] = 'INFO', at = this.#clock.now()): void {
    this.#lines.push({ at, level, text });
  }

  addCase(name: string, failure?: string, ms = 120_000): void {
    this.#cases.push({ name, ms, ...(failure === undefined ? {} : { failure }) });
    if (failure !== undefined) this.#failures.push(`step ${this.#test} failed: ${failure}`);
  }

  startPhase(phase: StepPhase): void {
    this.#phase = { failed: [], startedAt: this.#clock.now() };
    this.log(`Running multi-stage phase ${phase}`);
  }

  /** Notes a step that has ended; returns its own log. */
  addStep({ phase, step, ms, failed, printed }: RecordedStep): string {
    const pod = `${this.#test}-${step}`;
    const endedAt = this.#clock.now();
    const message = printed ?? (failed ? usualMessage(phase, endedAt) : `${step} is done\n`);
    const outcome: FailedStep = { test: this.#test, step, namespace: this.#namespace, ms, endedAt, message };
    this.log(`Running step ${pod}.`, 'INFO', endedAt - ms);
    this.log(`Step ${pod} ${failed ? 'failed' : 'succeeded'} after ${goDuration(ms)}.`);
    this.#addContainer(step, ms, failed ? containerTail(outcome) : undefined);
    if (failed) this.#phase.failed.push(outcome);
    return failed ? containerTail(outcome) : message;
  }

  /** A container that fails without failing its phase: an observer, a best-effort step. */
  addObserver(step: string): void {
    this.#addContainer(step, 60_000, "+ echo 'this is going to fail'\nthis is going to fail\n+ exit 1\n");
  }

  /** Notes the phase's verdict; `instead` is a failure that no step caused. */
  endPhase(phase: StepPhase, instead?: string): void {
    const { failed, startedAt } = this.#phase;
    const ms = this.#clock.now() - startedAt;
    const failure = instead ?? (failed.length === 0 ? undefined : phaseFailure(failed));
    this.log(
      `Step phase ${phase} ${failure === undefined ? 'succeeded' : 'failed'} after ${goDuration(ms)}.`,
    );
    const systemOut = `The collected steps of multi-stage phase ${phase}.`;
    const verdict = { name: `Run multi-stage test ${phase} phase`, ms, systemOut };
    this.#cases.push(failure === undefined ? verdict : { ...verdict, failure });
    if (failure !== undefined)
      this.#failures.push(`step ${this.#test} failed: "${this.#test}" ${phase} steps failed: ${failure}`);
  }

  /** The lines that end the log: what failed, and the reason if it is reported. */
  close(reason: string | null): void {
    this.log(`Ran for ${goDuration(this.#clock.now() - this.#startedAt)}`);
    if (this.#failures.length > 0) {
      this.log('Some steps failed:', 'ERRO');
      for (const failure of this.#failures) this.log(`  * could not run steps: ${failure}`, 'ERRO');
    }
    if (reason === null) return;
    this.log(
      reason === ''
        ? "Reporting job state 'succeeded'"
        : `Reporting job state 'failed' with reason '${reason}'`,
    );
  }

  buildLog(minBytes?: number): string {
    return buildLog(this.#lines, minBytes);
  }

  junit(suite: string): string {
    return junitFile(suite, this.#cases);
  }

  #addContainer(step: string, ms: number, failure?: string): void {
    const name = `Run multi-stage test ${this.#test} - ${this.#test}-${step} container test`;
    this.#cases.push({ name, ms, ...(failure === undefined ? {} : { failure }) });
  }
}
