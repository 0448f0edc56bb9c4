import { type KnownTests, type Phase, nameStep, stripTestName } from '../phase.ts';

/** The phases of a multi-stage test. */
export type TestPhase = Extract<Phase, 'pre' | 'test' | 'post'>;

interface TestFailure {
  phase: Phase;
  steps: string[];
}

const failedPhase = /^\[?"([^"\n]{1,253})" (pre|test|post) steps failed: /;

// The beginnings of errors about a whole test, in the order in which they apply. Each looks at the first line
// only: what a container printed follows on later lines, and is about leases and clusters of its own.
const beginnings: readonly (readonly [RegExp, Phase])[] = [
  [/\bacquire (?:ip pool )?leases?\b|\bno lease client\b/i, 'lease'],
  [/\bcreated cluster claim\b|\bcluster pools?\b|\bcluster deployment\b|\bno Hive client\b/, 'claim'],
  [/^\[?test "[^"]{1,253}" failed: /, 'test'],
  // ci-operator prepares a test before its first pod runs (multi_stage.go, init.go and lease.go in ci-tools).
  [/^\[?(?:resolve cluster profile |import secret |read secret |get cluster profile )/i, 'infra'],
  [/^\[?(?:could not|failed to|cannot) \w{1,20} (?:the )?cluster profile/i, 'infra'],
  [
    /^\[?failed to create (?:the )?(?:RBAC|secret|credentials|K8s|SecretProviderClass|command|STS)\b/i,
    'infra',
  ],
  [/^\[?failed to (?:read VPN|resolve credentials|determine namespace)/i, 'infra'],
  [/^\[?could not (?:create|read|list|get) (?:the )?(?:namespace|source credential|secrets?|role)/i, 'infra'],
];

const release = /\breleasing \S|\bfailed to release\b|\bfailed to delete cluster claim\b/;

/**
 * Reads ci-operator's error for a whole test, as the case `Run multi-stage test <test>` and the log's
 * `could not run steps` have it (multi_stage.go, lease.go, ip_pool.go, cluster_claim.go in ci-tools).
 * `null`: the text names no phase.
 */
export function readTestText(text: string, known: KnownTests): TestFailure | null {
  const [start, test, phase] = failedPhase.exec(text) ?? [];
  if (start !== undefined && test !== undefined && isTestPhase(phase)) {
    const later = phase === 'post' ? [] : ['test', 'post'];
    const own = later.reduce(
      (rest, next) => cutAt(rest, `"${test}" ${next} steps failed: `),
      text.slice(start.length),
    );
    return { phase, steps: readPhaseSteps(phase, own, { ...known, tests: [test, ...known.tests] }) };
  }
  const line = readFirstLine(text);
  const beginning = beginnings.find(([pattern]) => pattern.test(line));
  return beginning === undefined ? null : { phase: beginning[1], steps: [] };
}

/**
 * The steps that failed a phase, by its text. `pre` and `test` end with their first failure, so what else looks like
 * one is quoted, such as the end of another ci-operator that has a test of the same name.
 */
export function readPhaseSteps(phase: TestPhase, text: string, known: KnownTests): string[] {
  const steps = readSteps(text, known);
  return phase === 'post' ? steps : steps.slice(0, 1);
}

/** Whether the error only says that something could not be released. That is no failed phase. */
export function isReleaseText(text: string): boolean {
  return release.test(readFirstLine(text));
}

export function isTestPhase(word: string | undefined): word is TestPhase {
  return word === 'pre' || word === 'test' || word === 'post';
}

export function readFirstLine(text: string): string {
  const end = text.indexOf('\n');
  return (end < 0 ? text : text.slice(0, end)).slice(0, 4_096);
}

function cutAt(text: string, mark: string): string {
  const at = text.indexOf(mark);
  return at < 0 ? text : text.slice(0, at);
}

// The beginning of each error that ci-operator makes of a pod (multi_stage/run.go and pkg/util/pods.go in ci-tools).
const failed = /"([^"\n]{1,253})" pod "([^"\n]{1,253})" (?:failed|exceeded the configured timeout)/y;
const notCreated = [
  /(?:failed|unable) to create (?:or restart )?pod "?([^\s":]{1,253})"?:/y,
  /(?:failed|unable) to create (?:or restart )?"?([^\s":]{1,253})"? pod:/y,
];
/** Less sure forms, which count at the beginning of a text only. */
const atBeginning = [
  /[a-z ]{0,40}pod: (?:the pod )?[a-z0-9-]{1,63}\/([^\s":]{1,253}) (?:failed|was deleted)/y,
  /[a-z ]{0,40}pod: pods "([^"\n]{1,253})" not found/y,
  /(?:the )?pod "?(?:[a-z0-9-]{1,63}\/)?([^\s":/]{1,253})"? (?:failed|was deleted|pending)/y,
  /"([^"\n]{1,253})" pod (?!")/y,
];

// A text of ci-operator names some tens of steps at most.
const maxSteps = 50;

/**
 * The steps that the text of a phase names by their pods, without the test's name, each once and in order:
 * `"e2e" pod "e2e-ipi-install" failed: …`, several as `[…, …]`. A quoted log can hold the same words of another
 * ci-operator, so only the beginning of an error counts.
 */
export function readSteps(phaseText: string, known: KnownTests): string[] {
  const steps = new Set<string>();
  let test: string | null = null;
  const start = findStart(phaseText);
  let at = start;
  while (at < phaseText.length && steps.size < maxSteps) {
    const [, named, pod] = matchAt(failed, phaseText, at) ?? [];
    test ??= named ?? null;
    if (pod !== undefined && named === test) {
      const step = stripTestName(pod, test ?? '');
      steps.add(step);
      at = skipQuote(phaseText, at, step);
    } else {
      const other = readPod(phaseText, at, at === start ? [...notCreated, ...atBeginning] : notCreated);
      const tests = test === null ? known.tests : [test, ...known.tests];
      const step = other === null ? null : nameStep(other, { ...known, tests });
      if (step !== null) steps.add(step);
    }
    const next = phaseText.indexOf(', ', at);
    if (next < 0) break;
    at = next + 2;
  }
  return [...steps];
}

/** A JUnit file can hold a message of its own in front of ci-operator's text, on lines of its own. */
function findStart(text: string): number {
  let at = 0;
  for (let line = 0; line < maxLines && at < text.length; line += 1) {
    const begin = text[at] === '[' ? at + 1 : at;
    if (matchAt(failed, text, begin) !== null) return begin;
    const end = text.indexOf('\n', at);
    if (end < 0 || text.slice(at, end) === '---') break;
    at = end + 1;
  }
  return text.startsWith('[') ? 1 : 0;
}

const maxLines = 10;

/**
 * The end of a step's error, if it can be found: behind the log that it quotes ci-operator writes a link to
 * the step, and a quoted log of another ci-operator links other steps.
 */
function skipQuote(text: string, at: number, step: string): number {
  const link = text.indexOf(
    `\nLink to step on registry info site: https://steps.ci.openshift.org/reference/${step}\n`,
    at,
  );
  return link < 0 ? at : link + 1;
}

function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(text);
}

function readPod(text: string, at: number, patterns: readonly RegExp[]): string | null {
  for (const pattern of patterns) {
    const pod = matchAt(pattern, text, at)?.[1];
    if (pod !== undefined) return pod;
  }
  return null;
}
