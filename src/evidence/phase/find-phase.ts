import { readContainerTest } from '../junit/classify-case.ts';
import type { FailedCase } from '../junit/junit-collector.ts';
import {
  classifyActivity,
  classifyError,
  classifyFirst,
  classifyLog,
  classifyReasons,
  classifyUnknownError,
  type FoundPhase,
} from './classify-log.ts';
import type { KnownTests, Phase } from '../phase.ts';
import type { LogFacts } from '../log/read-build-log.ts';
import { toLogError } from '../log/log-error.ts';
import { isReleaseText, isTestPhase, readPhaseSteps, readTestText } from '../log/test-text.ts';

export interface PhaseSources {
  /** `artifacts/junit_operator.xml`, empty if there is none. */
  operatorCases: readonly FailedCase[];
  /** `artifacts/junit_job.xml`: ci-operator writes it when it failed before its graph or after it. */
  jobCases: readonly FailedCase[];
  log: LogFacts | null;
  /** There certainly is no log, which is more than that it could not be read. */
  logAbsent: boolean;
  /** Prow's state of the run is `error`: Prow could not run it. */
  errored: boolean;
  /** Its end is the name of the run's test. */
  jobName: string | null;
}

export interface PhaseFinding {
  phase: Phase | null;
  steps: string[];
  /** The text that shows the phase. */
  text: string | null;
}

/**
 * Where a run began to fail, and by which steps, by the order of PROW.md, 5: what `junit_operator.xml` says
 * comes before `junit_job.xml`, the log's errors and phases, its reasons, Prow's state of the run, and what went
 * on when the log ended. All are `null` when none of them says it.
 */
export function findPhase(sources: PhaseSources): PhaseFinding {
  const known = collectTests(sources);
  return (
    classifyInterrupt(sources) ??
    classifyOperatorCases(sources, known) ??
    classifyJobCases(sources, known) ??
    (sources.log === null ? null : classifyLog(sources.log, known)) ??
    classifyReasons(sources.log) ??
    classifyState(sources) ??
    classifyRest(sources) ?? { phase: null, steps: [], text: null }
  );
}

function collectTests({ operatorCases, log, jobName }: PhaseSources): KnownTests {
  const named = operatorCases.flatMap(({ name }) => readContainerTest(name) ?? []);
  return { tests: [...new Set([...(log?.tests ?? []), ...named])], jobName };
}

function classifyOperatorCases({ operatorCases, log }: PhaseSources, known: KnownTests): FoundPhase | null {
  const found = classifyFirst(operatorCases.map((failed) => classifyCase(failed, known)));
  if (found?.phase === 'infra') return classifyBorrowed(found, log);
  if (found === null || log === null) return found;
  if (found.phase !== 'post')
    return found.steps.length > 0 ? found : addSteps(found, classifyLog(log, known));
  // A phase whose pods could not be made has no case of its own (runSteps in multi_stage/run.go of ci-tools).
  return classifyFirst([found, ...log.errors.map((error) => classifyTestError(error.text, known))]);
}

/** A lease or a claim can fail in words about secrets and the like. Then only the reason shows which it was. */
function classifyBorrowed(found: FoundPhase, log: LogFacts | null): FoundPhase {
  const phase = classifyReasons(log)?.phase;
  return phase === 'lease' || phase === 'claim' ? { ...found, phase } : found;
}

/** If a case names no step or has no text, the log may name the step. */
function addSteps(found: FoundPhase, logged: FoundPhase | null): FoundPhase {
  return logged?.phase === found.phase ? { ...found, steps: logged.steps } : found;
}

/** The phase of a test, if an error names one. */
function classifyTestError(text: string, known: KnownTests): FoundPhase | null {
  const found = readTestText(text, known);
  return found?.phase === 'pre' || found?.phase === 'test' ? { ...found, text } : null;
}

function classifyCase({ kind, text }: FailedCase, known: KnownTests): FoundPhase | null {
  if (kind === null || kind === 'graph') return null;
  if (kind === 'build' || kind === 'import' || kind === 'infra') return { phase: kind, steps: [], text };
  if (kind === 'container') return { phase: 'test', steps: [], text };
  if (isTestPhase(kind)) return { phase: kind, steps: readPhaseSteps(kind, text, known), text };
  const found = readTestText(text, known);
  if (found !== null) return { ...found, text };
  // A test of a single container has no phases: its failure is the test's.
  if (kind === 'single-test') return { phase: 'test', steps: [], text };
  // A multi-stage test has a case of its own only if none of its pods ran, or for what came after them.
  return isReleaseText(text) ? null : { phase: 'infra', steps: [], text };
}

function classifyJobCases({ jobCases, log }: PhaseSources, known: KnownTests): FoundPhase | null {
  const [first] = jobCases;
  if (first === undefined) return null;
  const found = classifyFirst(jobCases.map(({ text }) => classifyError(toLogError(text), known)));
  if (found !== null && found.phase !== 'infra') return found;
  const byReason = classifyReasons(log);
  if (byReason !== null && byReason.phase !== 'infra') return { ...byReason, text: first.text };
  if (found === null && jobCases.every(({ text }) => isReleaseText(text))) return null;
  return { phase: 'infra', steps: [], text: found?.text ?? first.text };
}

/** Prow lost the run and interrupted ci-operator. What ci-operator then reports as failed was only interrupted. */
function classifyInterrupt({ errored, log }: PhaseSources): FoundPhase | null {
  const reasons = log?.reasons ?? [];
  if (!errored || reasons.length === 0) return null;
  const interrupted = reasons.every((reason) => reason.split(':').includes('interrupted'));
  return interrupted ? { phase: 'infra', steps: [], text: log?.errors[0]?.text ?? null } : null;
}

/** Prow could not run the job to its end. The log shows where that was, and nothing in the run failed. */
function classifyState({ errored, log, logAbsent }: PhaseSources): FoundPhase | null {
  if (!errored || (log === null && !logAbsent)) return null;
  return { phase: 'infra', steps: [], text: log === null ? null : (classifyActivity(log)?.text ?? null) };
}

/** The weakest signs: where the log ends, an unknown step of the graph, an error that is not understood. */
function classifyRest({ operatorCases, log }: PhaseSources): FoundPhase | null {
  const byActivity = log === null ? null : classifyActivity(log);
  if (byActivity !== null) return byActivity;
  const unknown = operatorCases.find(({ kind }) => kind === 'graph');
  if (unknown !== undefined) return { phase: 'infra', steps: [], text: unknown.text };
  return log === null ? null : classifyUnknownError(log);
}
