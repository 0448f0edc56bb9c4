import { nameStep, stripTestName, type KnownTests } from '../step-name.ts';

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
const mostSteps = 50;

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
  while (at < phaseText.length && steps.size < mostSteps) {
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
  for (let line = 0; line < mostLines && at < text.length; line += 1) {
    const begin = text[at] === '[' ? at + 1 : at;
    if (matchAt(failed, text, begin) !== null) return begin;
    const end = text.indexOf('\n', at);
    if (end < 0 || text.slice(at, end) === '---') break;
    at = end + 1;
  }
  return text.startsWith('[') ? 1 : 0;
}

const mostLines = 10;

/**
 * Where the error of a step ends, if that can be told: behind the log that it quotes ci-operator writes a link to
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
