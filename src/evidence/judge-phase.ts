import { judgeReason } from './judge-reason.ts';
import type { FailedCase } from './junit-collector.ts';
import { phases, type Phase } from './phase.ts';
import type { LogFacts } from './read-build-log.ts';
import { isTestPhase, readSteps, readTestText } from './read-test-text.ts';

export interface Findings {
  /** `artifacts/junit_operator.xml`, empty where there is none. */
  operatorCases: readonly FailedCase[];
  /** `artifacts/junit_job.xml`: ci-operator writes it when it failed before its graph. */
  jobCases: readonly FailedCase[];
  log: LogFacts | null;
  /** There certainly is no log, which is more than that it could not be read. */
  logAbsent: boolean;
  /** Prow's state of the run is `error`: Prow could not run it. */
  errored: boolean;
}

export interface Verdict {
  phase: Phase | null;
  steps: string[];
  /** The text that told the phase. */
  text: string | null;
}

type Judgement = Verdict & { phase: Phase };

// The end of `resolving` is bounded: a word without an end would be read again from each of its letters.
const importText =
  /could not resolve inputs|resolv\w{1,9} (?:the )?(?:release|input)|release payload|unable to import/i;

/**
 * Where a run began to fail, and by which steps, by the order of PROW.md, 5: what `junit_operator.xml` says
 * comes before `junit_job.xml`, the log's phases, its reasons, and the run's state. Nothing tells: all `null`.
 */
export function judgePhase(findings: Findings): Verdict {
  return (
    judgeFirst(findings.operatorCases.map(judgeCase)) ??
    judgeJobCases(findings) ??
    judgeLog(findings.log) ??
    judgeReasons(findings.log) ??
    judgeState(findings) ?? { phase: null, steps: [], text: null }
  );
}

function judgeFirst(judgements: readonly (Judgement | null)[]): Judgement | null {
  const told = judgements.filter((judgement) => judgement !== null);
  const phase = phases.find((candidate) => told.some((judgement) => judgement.phase === candidate));
  if (phase === undefined) return null;
  const own = told.filter((judgement) => judgement.phase === phase);
  // Tests that run beside each other have phase cases of the same name.
  const steps = [...new Set(own.flatMap((judgement) => judgement.steps))];
  return { phase, steps, text: own[0]?.text ?? null };
}

function judgeCase({ kind, text }: FailedCase): Judgement | null {
  if (kind === null) return null;
  if (kind === 'build' || kind === 'import') return { phase: kind, steps: [], text };
  if (kind === 'container') return { phase: 'test', steps: [], text };
  if (isTestPhase(kind)) return { phase: kind, steps: readSteps(text), text };
  const told = readTestText(text);
  if (told !== null) return { ...told, text };
  // A test of a single container has no phases: its failure is the test's.
  return kind === 'single-test' ? { phase: 'test', steps: [], text } : null;
}

function judgeJobCases({ jobCases, log }: Findings): Judgement | null {
  const [first] = jobCases;
  if (first === undefined) return null;
  if (importText.test(first.text)) return { phase: 'import', steps: [], text: first.text };
  const told = readTestText(first.text)?.phase ?? judgeReasons(log)?.phase ?? 'infra';
  return { phase: told, steps: [], text: first.text };
}

function judgeLog(log: LogFacts | null): Judgement | null {
  if (log === null) return null;
  const byErrors = log.errors.map((error) => {
    const told = readTestText(error);
    return told === null ? null : { ...told, text: error };
  });
  return judgeFirst(byErrors) ?? judgeFirst(log.failedPhases.map((failed) => ({ ...failed, text: null })));
}

function judgeReasons(log: LogFacts | null): Judgement | null {
  const told = (log?.reasons ?? []).map((reason) => {
    const phase = judgeReason(reason);
    return phase === null ? null : { phase, steps: [], text: null };
  });
  return judgeFirst(told);
}

function judgeState({ errored, logAbsent }: Findings): Judgement | null {
  return errored && logAbsent ? { phase: 'infra', steps: [], text: null } : null;
}
