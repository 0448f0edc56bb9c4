import { cleanText } from './clean-text.ts';
import { isTestPhase, stripTestName, type TestPhase } from './read-test-text.ts';
import { unwrapLogLine } from './unwrap-log-line.ts';

interface FailedPhase {
  phase: TestPhase;
  /** Without the test's name; empty where the log does not tell the test's name. */
  steps: string[];
}

/** What ci-operator wrote at the end of `build-log.txt`. */
export interface LogFacts {
  /** One chain for each error: `executing_graph:step_failed:importing_release`. */
  reasons: string[];
  failedPhases: FailedPhase[];
  /** The error of each failed graph step: `"e2e" pre steps failed: …`. */
  errors: string[];
  text: string;
}

interface Reading extends LogFacts {
  test: string | null;
  /** Pods that failed since the phase began. */
  pods: string[];
}

// Every expression holds a message's beginning, because steps print what they like into the same log.
const readers: readonly (readonly [RegExp, (reading: Reading, match: string[]) => void])[] = [
  [/^Running multi-stage test (\S+)$/, startTest],
  [/^Running multi-stage phase (?:pre|test|post)$/, startPhase],
  [/^Step (\S+) failed after /, readFailedPod],
  [/^Pod (\S+) is running in best-effort mode, /, forgivePod],
  [/^Step phase (pre|test|post) failed after /, endPhase],
  [/^(?:\* )?could not run steps: step (\S+) failed: (.+)$/, readError],
  [/^Reporting job state 'fail\w*' with reason '([^']+)'/, readReason],
];

/**
 * Reads the end of `build-log.txt` in any of ci-operator's formats (PROW.md, 4): colours, `time=… level=…`,
 * a plain date, or JSON lines.
 */
export function readBuildLog(tail: string): LogFacts {
  const text = cleanText(tail);
  const reading: Reading = { reasons: [], failedPhases: [], errors: [], text, test: null, pods: [] };
  for (const message of text.split('\n').flatMap(unwrapLogLine)) {
    for (const [pattern, read] of readers) {
      const match = pattern.exec(message);
      if (match !== null) read(reading, match);
    }
  }
  const { reasons, failedPhases, errors, test } = reading;
  return { reasons, failedPhases: failedPhases.map((failed) => nameSteps(failed, test)), errors, text };
}

function startTest(reading: Reading, [, test = '']: string[]): void {
  reading.test = test;
}

function startPhase(reading: Reading): void {
  reading.pods = [];
}

function readFailedPod(reading: Reading, [, pod = '']: string[]): void {
  reading.pods.push(pod);
}

function forgivePod(reading: Reading, [, pod]: string[]): void {
  reading.pods = reading.pods.filter((other) => other !== pod);
}

/** `pre` and `test` end with their first failure, so a pod that failed earlier is an observer's. */
function endPhase(reading: Reading, [, phase]: string[]): void {
  if (!isTestPhase(phase)) return;
  reading.failedPhases.push({ phase, steps: phase === 'post' ? reading.pods : reading.pods.slice(-1) });
  reading.pods = [];
}

function readError(reading: Reading, [, step = '', error = '']: string[]): void {
  reading.errors.push(error);
  if (/ (?:pre|test|post) steps failed: /.test(error)) reading.test ??= step;
}

function readReason(reading: Reading, [, reason = '']: string[]): void {
  reading.reasons.push(reason);
}

function nameSteps({ phase, steps }: FailedPhase, test: string | null): FailedPhase {
  const own = test === null ? [] : steps.filter((pod) => pod.startsWith(`${test}-`));
  return { phase, steps: [...new Set(own.map((pod) => stripTestName(pod, test ?? '')))] };
}
