import { cleanText } from '../../text/clean-text.ts';
import { dropForeignLines, unwrapLogLine } from './log-lines.ts';
import { isTestOf, nameStep, type KnownTests } from '../phase.ts';
import { readLogError, type LogError } from './log-error.ts';
import { isTestPhase, type TestPhase } from './test-text.ts';
import { beginWork, endWork, type Activity, type TrackedWork } from './track-work.ts';

interface FailedPhase {
  phase: TestPhase;
  /** Without the test's name; empty if the log does not name the test. */
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

interface LogState {
  reasons: string[];
  errors: LogError[];
  /** An error without a list, behind which ci-operator has written nothing yet. */
  last: LogError | null;
  /** Something else was printed since the last reason. */
  printed: boolean;
  /** The latest entry says what ci-operator is about to run, or how long it ran. */
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
const handlers: readonly (readonly [RegExp, (state: LogState, match: string[]) => void])[] = [
  [/^(?:error: )?some steps failed:$/i, discardVerdict],
  [/^Running multi-stage test (\S{1,253})$/, startTest],
  [/^Running multi-stage phase (?:pre|test|post)$/, startPhase],
  [/^Running step \S{1,253}\.$/, discardVerdict],
  [/^Step (\S{1,253}) (failed|succeeded) after /, endStep],
  [/^Pod (\S{1,253}) is running in best-effort mode, /, ignorePod],
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
  // If the log has entries, what is printed between them does not count.
  const framed = lines.some(({ fresh }) => fresh);
  const state: LogState = {
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
      if (fresh || !framed) readMessage(state, message);
      else if (message !== '') state.printed = true;
      at += 1;
    } else {
      if (found.isLone) state.last = state.introduced ? found.error : null;
      else if (state.errors.length < maxFacts) state.errors.push(found.error);
      at = found.next;
    }
  }
  return summarize(state, jobName, text);
}

function readMessage(state: LogState, message: string): void {
  beginWork(state.work, message);
  state.introduced = introduction.test(message);
  if (!epilogue.test(message)) state.last = null;
  for (const [pattern, read] of handlers) {
    const match = pattern.exec(message);
    if (match !== null) read(state, match);
  }
}

function summarize(state: LogState, jobName: string | null, text: string): LogFacts {
  const all = state.errors.length === 0 && state.last !== null ? [state.last] : state.errors;
  const own = all.filter(({ step }) => step !== null && isTestOf(jobName, step));
  const errors = own.length === 0 ? all : all.filter((error) => error.test === null || own.includes(error));
  const named = errors.map(({ test }) => test).filter((test) => test !== null);
  const tests = [...new Set([...state.tests, ...named])].slice(-maxFacts);
  const known: KnownTests = { tests, jobName };
  return {
    reasons: state.reasons,
    failedPhases: state.failedPhases.map(({ phase, pods }) => ({ phase, steps: nameSteps(pods, known) })),
    errors,
    activity: endWork(state.work, known),
    tests,
    complete: state.complete,
    ran: state.ran,
    text,
  };
}

/** ci-operator goes on after this, or begins its verdict, so what was read so far is not its verdict. */
function discardVerdict(state: LogState): void {
  state.errors = [];
  state.reasons = [];
  state.complete = true;
}

function startTest(state: LogState, [, test = '']: string[]): void {
  discardVerdict(state);
  if (state.tests.length < maxFacts) state.tests.push(test);
}

function startPhase(state: LogState): void {
  discardVerdict(state);
  state.pods.clear();
  state.ran = true;
}

function endStep(state: LogState, [, pod = '', verb]: string[]): void {
  discardVerdict(state);
  state.pods.delete(pod);
  if (verb === 'failed') state.pods.add(pod);
}

function ignorePod(state: LogState, [, pod = '']: string[]): void {
  state.pods.delete(pod);
}

/** `pre` and `test` end with their first failure, so a pod that failed earlier is an observer's. */
function endPhase(state: LogState, [, phase, verb]: string[]): void {
  discardVerdict(state);
  state.ran = true;
  const pods = [...state.pods];
  if (isTestPhase(phase) && verb === 'failed' && state.failedPhases.length < maxFacts)
    state.failedPhases.push({ phase, pods: phase === 'post' ? pods : pods.slice(-1) });
  state.pods.clear();
}

/** ci-operator's own reasons stand one behind the other, so one in front of what is printed is quoted. */
function readReason(state: LogState, [, reason = '']: string[]): void {
  if (state.printed) state.reasons = [];
  state.printed = false;
  if (state.reasons.length < maxFacts) state.reasons.push(reason);
}

function nameSteps(pods: readonly string[], known: KnownTests): string[] {
  return [...new Set(pods.map((pod) => nameStep(pod, known)).filter((step) => step !== null))];
}
