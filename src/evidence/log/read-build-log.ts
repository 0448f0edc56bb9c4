import { cleanText } from '../../text/clean-text.ts';
import { dropForeignLines, unwrapLogLine } from './log-lines.ts';
import { isTestOf, nameStep, type KnownTests } from '../phase.ts';
import { readLogError, type LogError } from './log-error.ts';
import { isTestPhase, type TestPhase } from './test-text.ts';
import { beginWork, endWork, type Activity, type TrackedWork } from './track-work.ts';

interface FailedPhase {
  phase: TestPhase;
  /** Without the test's name; empty where the log does not tell the test's name. */
  steps: string[];
}

/** What the run's own ci-operator wrote in `build-log.txt`. */
export interface LogFacts {
  /** One chain for each error: `executing_graph:step_failed:importing_release`. */
  reasons: string[];
  failedPhases: FailedPhase[];
  /** The errors that ci-operator ended with. */
  errors: LogError[];
  /** What was going on when the log ended; `null`: nothing, or the log does not show it. */
  activity: Activity | null;
  /** The names of the run's tests. */
  tests: string[];
  /** What was read holds the beginning of the verdict, so no error of it is missing. */
  complete: boolean;
  /** A phase of a test began, or it may have begun before the first line that was read. */
  ran: boolean;
  text: string;
}

interface Reading {
  reasons: string[];
  errors: LogError[];
  /** An error without a list, behind which ci-operator has written nothing yet. */
  last: LogError | null;
  /** Something else was printed since the last reason. */
  printed: boolean;
  /** The latest entry tells what ci-operator is about to run, or how long it ran. */
  introduced: boolean;
  failedPhases: { phase: TestPhase; pods: string[] }[];
  tests: string[];
  /** Pods that failed since the phase began, the last one last. */
  pods: Set<string>;
  work: TrackedWork;
  complete: boolean;
  ran: boolean;
}

// Every expression holds a message's beginning, because steps print what they like into the same log.
const readers: readonly (readonly [RegExp, (reading: Reading, match: string[]) => void])[] = [
  [/^(?:error: )?some steps failed:$/i, forget],
  [/^Running multi-stage test (\S{1,253})$/, startTest],
  [/^Running multi-stage phase (?:pre|test|post)$/, startPhase],
  [/^Running step \S{1,253}\.$/, forget],
  [/^Step (\S{1,253}) (failed|succeeded) after /, endStep],
  [/^Pod (\S{1,253}) is running in best-effort mode, /, forgivePod],
  [/^Step phase (pre|test|post) (failed|succeeded) after /, endPhase],
  [/^Reporting job state ['"]fail\w{0,10}['"] with reason ['"]([^'"]{1,4000})['"]/, readReason],
];

/** What only ci-operator says, at its start and at its end. */
const introduction =
  /^(?:ci-operator version |Resolved source |No source defined|Loading configuration |Using namespace |Running \[|Ran for )/;
/** What stands behind ci-operator's last error. */
const epilogue = /^(?:Ran for |Reporting job state |Error executing test process)/;

// A graph has some tens of steps and errors; anything over these bounds is not ci-operator's.
const maxFacts = 100;

/**
 * Reads the end of `build-log.txt` in any of ci-operator's formats (PROW.md, 4): colours, `time=… level=…`,
 * a plain date, or JSON lines. `cut` says that the log begins before `tail`.
 */
export function readBuildLog(tail: string, jobName: string | null = null, cut = false): LogFacts {
  const text = cleanText(tail.replace(/^\uFEFF/, ''));
  const lines = dropForeignLines(text.split('\n').flatMap(unwrapLogLine), { cut, jobName });
  // Where entries can be told from what is printed between them, only entries count.
  const framed = lines.some(({ fresh }) => fresh);
  const reading: Reading = {
    reasons: [],
    errors: [],
    last: null,
    printed: false,
    introduced: false,
    failedPhases: [],
    tests: [],
    pods: new Set(),
    work: { phase: null, open: [], setup: new Map(), ending: null },
    complete: !cut,
    ran: cut,
  };
  for (let at = 0; at < lines.length;) {
    const found = readLogError(lines, at);
    if (found === null) {
      const { message = '', fresh = false } = lines[at] ?? {};
      if (fresh || !framed) readMessage(reading, message);
      else if (message !== '') reading.printed = true;
      at += 1;
    } else {
      if (found.isLone) reading.last = reading.introduced ? found.error : null;
      else if (reading.errors.length < maxFacts) reading.errors.push(found.error);
      at = found.next;
    }
  }
  return conclude(reading, jobName, text);
}

function readMessage(reading: Reading, message: string): void {
  beginWork(reading.work, message);
  reading.introduced = introduction.test(message);
  if (!epilogue.test(message)) reading.last = null;
  for (const [pattern, read] of readers) {
    const match = pattern.exec(message);
    if (match !== null) read(reading, match);
  }
}

function conclude(reading: Reading, jobName: string | null, text: string): LogFacts {
  const all = reading.errors.length === 0 && reading.last !== null ? [reading.last] : reading.errors;
  const own = all.filter(({ step }) => step !== null && isTestOf(jobName, step));
  const errors = own.length === 0 ? all : all.filter((error) => error.test === null || own.includes(error));
  const named = errors.map(({ test }) => test).filter((test) => test !== null);
  const tests = [...new Set([...reading.tests, ...named])].slice(-maxFacts);
  const known: KnownTests = { tests, jobName };
  return {
    reasons: reading.reasons,
    failedPhases: reading.failedPhases.map(({ phase, pods }) => ({ phase, steps: nameSteps(pods, known) })),
    errors,
    activity: endWork(reading.work, known),
    tests,
    complete: reading.complete,
    ran: reading.ran,
    text,
  };
}

/** ci-operator goes on after this, or begins its verdict, so what was read so far is not its verdict. */
function forget(reading: Reading): void {
  reading.errors = [];
  reading.reasons = [];
  reading.complete = true;
}

function startTest(reading: Reading, [, test = '']: string[]): void {
  forget(reading);
  if (reading.tests.length < maxFacts) reading.tests.push(test);
}

function startPhase(reading: Reading): void {
  forget(reading);
  reading.pods.clear();
  reading.ran = true;
}

function endStep(reading: Reading, [, pod = '', verb]: string[]): void {
  forget(reading);
  reading.pods.delete(pod);
  if (verb === 'failed') reading.pods.add(pod);
}

function forgivePod(reading: Reading, [, pod = '']: string[]): void {
  reading.pods.delete(pod);
}

/** `pre` and `test` end with their first failure, so a pod that failed earlier is an observer's. */
function endPhase(reading: Reading, [, phase, verb]: string[]): void {
  forget(reading);
  reading.ran = true;
  const pods = [...reading.pods];
  if (isTestPhase(phase) && verb === 'failed' && reading.failedPhases.length < maxFacts)
    reading.failedPhases.push({ phase, pods: phase === 'post' ? pods : pods.slice(-1) });
  reading.pods.clear();
}

/** ci-operator's own reasons stand one behind the other, so one in front of what is printed is quoted. */
function readReason(reading: Reading, [, reason = '']: string[]): void {
  if (reading.printed) reading.reasons = [];
  reading.printed = false;
  if (reading.reasons.length < maxFacts) reading.reasons.push(reason);
}

function nameSteps(pods: readonly string[], known: KnownTests): string[] {
  return [...new Set(pods.map((pod) => nameStep(pod, known)).filter((step) => step !== null))];
}
