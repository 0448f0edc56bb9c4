import { type KnownTests, phases, type Phase } from '../phase.ts';
import type { LogFacts } from '../log/read-build-log.ts';
import { classifyReason, type LogError } from '../log/log-error.ts';
import { isReleaseText, readFirstLine, readTestText } from '../log/test-text.ts';

/** Where a run began to fail, as one artifact shows it. */
export interface FoundPhase {
  phase: Phase;
  steps: string[];
  /** The text that shows the phase. */
  text: string | null;
}

// The names of the graph's steps (Name() of ci-operator's steps), for those that are not named after an image.
const stepNames: readonly (readonly [RegExp, Phase])[] = [
  [/^\[(?:input|release|release-inputs|release-images)\b/, 'import'],
  [/^\[(?:output|output-images|images|serve)\b/, 'build'],
  [/^(?:src|root|bin|test-bin|rpms|src-bundle|ci-index)(?:-|$)/, 'build'],
  [/^(?:\[promotion|parameters\/|lease-proxy-server)/, 'infra'],
];

// The beginnings of their errors. What was printed by a build follows on later lines.
const errorTexts: readonly (readonly [RegExp, Phase])[] = [
  [/^could not run (?:promotion|post) step /, 'infra'],
  // Before 2021 a test was one pod of three containers.
  [/^template pod \S{1,255} failed: .{0,300}\(failed containers: (?:[a-z-]{1,63}, ){0,9}setup\b/, 'pre'],
  [
    /^template pod \S{1,255} failed: |^(?:could not watch pod: )?the pod \S{1,320} (?:failed|was deleted)\b/,
    'test',
  ],
  [
    /\bhandling build \S|\bthe build \S+ failed after |\bbuild not successful after |\bbuild didn't start /,
    'build',
  ],
  [/\bcould not (?:create|get) build\b|\bfailed to clone\b/, 'build'],
  // The end of `resolving` is bounded: a word without an end would be read again from each of its letters.
  [
    /could not resolve inputs|resolv\w{1,9} (?:the )?(?:release|input)|release (?:payload|image)\b/i,
    'import',
  ],
  [/\bunable to import\b|\breimport the tag\b|\bimporting imagestreamtags\b/, 'import'],
  [
    /^(?:could not|failed to) (?:load|initialize|resolve|generate|default|validate|determine|create) /,
    'infra',
  ],
];

/** The judgement whose phase comes first in a run, with the steps of all judgements that name this phase. */
export function classifyFirst(findings: readonly (FoundPhase | null)[]): FoundPhase | null {
  const found = findings.filter((finding) => finding !== null);
  const phase = phases.find((candidate) => found.some((finding) => finding.phase === candidate));
  if (phase === undefined) return null;
  const own = found.filter((finding) => finding.phase === phase);
  // Tests that run beside each other have phase cases of the same name.
  const all = [...new Set(own.flatMap((finding) => finding.steps))];
  return { phase, steps: all, text: own[0]?.text ?? null };
}

/** What ci-operator's error for a step of its graph shows: by the step's name, or else by the text's first line. */
export function classifyError({ step, text }: LogError, known: KnownTests): FoundPhase | null {
  const byName = stepNames.find(([pattern]) => step !== null && pattern.test(step))?.[1];
  if (byName !== undefined) return { phase: byName, steps: [], text };
  const found = step === null ? null : readTestText(text, known);
  if (found !== null) return { ...found, text };
  const line = readFirstLine(text);
  const byText = errorTexts.find(([pattern]) => pattern.test(line))?.[1];
  return byText === undefined || isReleaseText(text) ? null : { phase: byText, steps: [], text };
}

/** The errors that ci-operator ended with, or else the phases that the log says failed. */
export function classifyLog(log: LogFacts, known: KnownTests): FoundPhase | null {
  return (
    classifyFirst(log.errors.map((error) => classifyError(error, known))) ??
    classifyFirst(log.failedPhases.map((failed) => ({ ...failed, text: null })))
  );
}

export function classifyReasons(log: LogFacts | null): FoundPhase | null {
  const found = (log?.reasons ?? []).map((reason) => {
    const phase = classifyReason(reason);
    return phase === null ? null : { phase, steps: [], text: null };
  });
  return classifyFirst(found);
}

/** What went on when the log ended: something stopped the run before ci-operator could say what failed. */
export function classifyActivity(log: LogFacts): FoundPhase | null {
  const { activity } = log;
  if (activity === null) return null;
  const { phase, steps: running, ending } = activity;
  const where = [`phase ${phase}`, ...running.map((step) => `step ${step}`)].join(', ');
  return { phase, steps: running, text: `The log ends in ${where}${ending === null ? '.' : `: ${ending}`}` };
}

/** The first error that is not understood, when no phase of a test began: what failed came before the tests. */
export function classifyUnknownError(log: LogFacts): FoundPhase | null {
  const error = log.errors.find(({ text }) => !isReleaseText(text));
  return log.ran || error === undefined ? null : { phase: 'infra', steps: [], text: error.text };
}
