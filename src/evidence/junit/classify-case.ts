import type { TestPhase } from '../log/test-text.ts';

/**
 * What a failed case of `junit_operator.xml` is about. The text of a whole test says more. `container` is the
 * only container of a test without phases. `graph` is a step of ci-operator's graph whose name is not known.
 * `null` decides nothing: observers and best-effort steps fail as containers of a multi-stage test, and the test
 * passes.
 */
export type CaseKind =
  | 'build'
  | 'import'
  | 'infra'
  | TestPhase
  | 'multi-stage-test'
  | 'single-test'
  | 'container'
  | 'graph'
  | null;

// The Description() of ci-operator's steps (PROW.md, 4; pkg/steps in ci-tools). ci-operator changes the end of
// these names now and then, so each expression holds the beginning only. The names of tests, steps and images
// can hold any of these words, so no expression looks inside a name.
const kinds: readonly (readonly [RegExp, CaseKind])[] = [
  [/^Run multi-stage test pre phase$/, 'pre'],
  [/^Run multi-stage test test phase$/, 'test'],
  [/^Run multi-stage test post phase$/, 'post'],
  [/^Run multi-stage test \S+$/, 'multi-stage-test'],
  [/^Run multi-stage test /, null],
  [/^Run test \S+$/, 'single-test'],
  [/^Run test \S+ - /, 'container'],
  [/^Run template \S+$/, 'single-test'],
  [/^Run template \S+ - .*\bcontainer setup$/, 'pre'],
  [/^Run template \S+ - .*\bcontainer teardown$/, 'post'],
  [/^Run template \S+ - /, 'container'],
  [/^Clone /, 'build'],
  [/^Build /, 'build'],
  [/^Store build results /, 'build'],
  [/^All images are built /, 'build'],
  [/^Tag the image /, 'build'],
  [/^Create the output image stream/, 'build'],
  [/^Inject an? RPM /, 'build'],
  [/^Start a service that hosts the RPMs /, 'build'],
  [/^Create the release image /, 'import'],
  [/^Import /, 'import'],
  [/^Resolve /, 'import'],
  [/^Find (?:all of )?the input images? /, 'import'],
  [/^Promote /, 'infra'],
  [/^Write the job parameters /, 'infra'],
];

/** What a case of `junit_operator.xml` is about, by its name. */
export function classifyCase(name: string): CaseKind {
  const known = kinds.find(([pattern]) => pattern.test(name));
  return known === undefined ? 'graph' : known[1];
}

/** The name of the test whose container a case is named after; `null`: it is no such case. */
export function readContainerTest(name: string): string | null {
  const [, test = '', pod = ''] = /^Run multi-stage test (\S+) - (\S+) container /.exec(name) ?? [];
  return test !== '' && pod.startsWith(`${test}-`) ? test : null;
}
