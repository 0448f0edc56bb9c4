/**
 * Where a run began to fail, in the order of a run. `build` is source clone and image build, `import` a
 * release payload or an input image, `infra` that ci-operator never reached its graph (PROW.md, 5).
 */
export type Phase = 'build' | 'import' | 'lease' | 'claim' | 'pre' | 'test' | 'post' | 'infra';

export const phases: readonly Phase[] = ['build', 'import', 'lease', 'claim', 'pre', 'test', 'post', 'infra'];
