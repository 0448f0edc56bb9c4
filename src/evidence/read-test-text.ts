import type { Phase } from './phase.ts';

/** The phases of a multi-stage test. */
export type TestPhase = Extract<Phase, 'pre' | 'test' | 'post'>;

export interface TestFailure {
  phase: Extract<Phase, 'lease' | 'claim'> | TestPhase;
  steps: string[];
}

const failedPhase = /^\[?"([^"\n]+)" (pre|test|post) steps failed: /;
const failedPod = /"([^"\n]+)" pod "([^"\n]+)" (?:failed|exceeded the configured timeout)/g;
const lease = /\bacquire lease\b|\bno lease client\b/;
const claim = /\bcreated cluster claim\b|\bcluster pool\b|\bcluster deployment\b/;

/**
 * Reads ci-operator's error for a whole test, as the case `Run multi-stage test <test>` and the log's
 * `could not run steps` have it (multi_stage.go, lease.go, ip_pool.go, cluster_claim.go in ci-tools).
 * `null`: the text tells none of these phases.
 */
export function readTestText(text: string): TestFailure | null {
  const [start, test, phase] = failedPhase.exec(text) ?? [];
  if (start !== undefined && test !== undefined && isTestPhase(phase)) {
    const own = cutAt(
      cutAt(text.slice(start.length), `"${test}" test steps failed: `),
      `"${test}" post steps failed: `,
    );
    return { phase, steps: readSteps(own) };
  }
  // What a container printed follows on later lines, and speaks of leases and clusters of its own.
  const [firstLine = ''] = text.split('\n', 1);
  if (lease.test(firstLine)) return { phase: 'lease', steps: [] };
  if (claim.test(firstLine)) return { phase: 'claim', steps: [] };
  return null;
}

/**
 * The steps that a phase's text names by their pods, without the test's name, each once and in order:
 * `"e2e" pod "e2e-ipi-install" failed: …`, several as `[…, …]`.
 */
export function readSteps(phaseText: string): string[] {
  const failed = [...phaseText.matchAll(failedPod)];
  const test = failed[0]?.[1];
  const own = failed.filter((match) => match[1] === test);
  return [...new Set(own.map(([, , pod = '']) => stripTestName(pod, test ?? '')))];
}

/** Takes `<test>-` off a pod's name, once: a step's name may begin like its test's. */
export function stripTestName(pod: string, test: string): string {
  return pod.startsWith(`${test}-`) ? pod.slice(test.length + 1) : pod;
}

export function isTestPhase(word: string | undefined): word is TestPhase {
  return word === 'pre' || word === 'test' || word === 'post';
}

function cutAt(text: string, mark: string): string {
  const at = text.indexOf(mark);
  return at < 0 ? text : text.slice(0, at);
}
