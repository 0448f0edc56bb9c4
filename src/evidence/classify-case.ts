import { isTestPhase, type TestPhase } from './read-test-text.ts';

/**
 * What a failed case of `junit_operator.xml` is about. The text of a whole test says more; `container` is the
 * only container of a test without phases. A multi-stage test's containers are `null`: observers and
 * best-effort steps fail there without failing anything.
 */
export type CaseKind =
  | 'build'
  | 'import'
  | TestPhase
  | 'multi-stage-test'
  | 'single-test'
  | 'container'
  | null;

// The Description() of ci-operator's steps (PROW.md, 4). Names of tests, steps and images may hold any of
// these words, so each expression holds the whole beginning.
const kinds: readonly (readonly [RegExp, CaseKind])[] = [
  [/^Clone the correct source code into an image and tag it as /, 'build'],
  [/^Build git source code into an image and tag it as /, 'build'],
  [/^Build image .+ from the repository$/, 'build'],
  [/^Store build results into a layer on top of .+ and save as /, 'build'],
  [/^All images are built and tagged into /, 'build'],
  [/^Tag the image .+ into the .+/, 'build'],
  [/^Create the output image stream /, 'build'],
  [/^Inject an RPM repository /, 'build'],
  [/^Start a service that hosts the RPMs /, 'build'],
  [/^Import the release payload /, 'import'],
  [/^Create the release image .+ containing all images built by this job$/, 'import'],
  [/^Find all of the input images from .+ and tag them into the output image stream$/, 'import'],
  [/^Find the input image .+ and tag it into the pipeline$/, 'import'],
  [/^Run multi-stage test \S+$/, 'multi-stage-test'],
  [/^Run test \S+$/, 'single-test'],
  [/^Run test \S+ - container test$/, 'container'],
];

export function classifyCase(name: string): CaseKind {
  const phase = /^Run multi-stage test (pre|test|post) phase$/.exec(name)?.[1];
  if (isTestPhase(phase)) return phase;
  return kinds.find(([pattern]) => pattern.test(name))?.[1] ?? null;
}
