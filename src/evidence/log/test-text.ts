import type { KnownTests } from '../step-name.ts';
import type { Phase } from '../phase.ts';
import { readSteps } from './steps.ts';

/** The phases of a multi-stage test. */
export type TestPhase = Extract<Phase, 'pre' | 'test' | 'post'>;

export interface TestFailure {
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
  const told = beginnings.find(([pattern]) => pattern.test(line));
  return told === undefined ? null : { phase: told[1], steps: [] };
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
