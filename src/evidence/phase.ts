/**
 * Where a run began to fail, in the order of a run. `build` is source clone and image build, `import` a
 * release payload or an input image, `infra` that ci-operator never reached its graph (PROW.md, 5).
 */
export type Phase = 'build' | 'import' | 'lease' | 'claim' | 'pre' | 'test' | 'post' | 'infra';

export const phases: readonly Phase[] = ['build', 'import', 'lease', 'claim', 'pre', 'test', 'post', 'infra'];

/** What shows the name of a test, with which the names of its pods begin. */
export interface KnownTests {
  tests: readonly string[];
  /** A job's name ends with the name of its test. `null`: the job is not known. */
  jobName: string | null;
}

// The name of a Kubernetes object has at most 253 characters.
const maxNameLength = 253;

/**
 * The step that a pod runs, without the name of its test: `<test>-<step>`. `null`: the test is not known, so the
 * step is not guessed.
 */
export function nameStep(pod: string, { tests, jobName }: KnownTests): string | null {
  const own = tests.filter((test) => pod.startsWith(`${test}-`));
  const test = own.toSorted((a, b) => b.length - a.length)[0] ?? findTest(pod, jobName);
  return test === null ? null : stripTestName(pod, test);
}

/** Removes `<test>-` from a pod's name, once: a step's name may begin like its test's. */
export function stripTestName(pod: string, test: string): string {
  return pod.startsWith(`${test}-`) ? pod.slice(test.length + 1) : pod;
}

/** Whether the job can be the one of this test. */
export function isTestOf(jobName: string | null, test: string): boolean {
  return jobName !== null && (jobName === test || jobName.endsWith(`-${test}`));
}

/** The longest end of the job's name that the pod's name begins with. */
function findTest(pod: string, jobName: string | null): string | null {
  const parts = (jobName ?? '').slice(-maxNameLength).split('-');
  for (let at = 0; at < parts.length; at += 1) {
    const test = parts.slice(at).join('-');
    if (test !== '' && pod.startsWith(`${test}-`)) return test;
  }
  return null;
}
