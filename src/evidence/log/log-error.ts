import { isTestPhase } from './test-text.ts';
import { type LogLine, unquote } from './log-lines.ts';
import { phases, type Phase } from '../phase.ts';

/** An error that ci-operator ended with. */
export interface LogError {
  /** The step of the graph that failed: a test, `src`, `[input:root]`. `null`: no step. */
  step: string | null;
  /** The multi-stage test whose phase failed. */
  test: string | null;
  text: string;
}

const beginnings = [
  /^(?:(?:\* |error: )?could not run steps: |\* )\[?step (\S{1,300}) failed: (.+)$/,
  /^(?:\* |error: )?(could not run (?:promotion|post) step .+)$/,
  /^\* ((?:could not|failed to|unable to|cannot|invalid|no) .+)$/,
] as const;
/** An error without a list, up to 2021. */
const lone = /^error: ((?:--config|could not|failed to|unable to|cannot|invalid|no) .+)$/;
/** What fails before the graph is the field of an entry. */
const field = /^Failed to load arguments\. {1,100}error=(.+)$/;
const testPhase = /^\[?"([^"\n]{1,253})" (pre|test|post) steps failed: /;
const quotedPod = /"[^"\n]{1,253}" pod "([^"\n]{1,253})" /g;
const stepLink = 'Link to step on registry info site: https://steps.ci.openshift.org/reference/';

// As much as a decisive case of a JUnit file keeps.
const maxTextLength = 32_768;

/**
 * The error that begins at a line, with the lines that it goes on for. Inside, ci-operator quotes the logs of
 * containers between two lines `---`; what looks like an error there is not the run's. `null`: none begins here.
 */
export function readLogError(lines: readonly LogLine[], at: number): FoundError | null {
  const first = lines[at]?.message ?? '';
  const listed = readBeginning(first);
  const begun = listed ?? toStepless(lone.exec(first)?.[1] ?? '');
  if (begun === null) return null;
  const kept: string[] = [begun.text];
  let room = maxTextLength - begun.text.length;
  let pod = readPod(begun.text, null);
  let next = at + 1;
  let searched = next;
  for (let line = lines[next]; line !== undefined && continues(line); line = lines[next]) {
    const quote = line.message === '---' ? searchQuoteEnd(lines, Math.max(next + 1, searched), pod) : null;
    searched = quote?.searched ?? searched;
    const end = quote?.end ?? next;
    for (; next <= end; next += 1) {
      const { message } = lines[next] ?? line;
      room -= message.length + 1;
      if (room > 0) kept.push(message);
    }
    pod = readPod(line.message, pod);
  }
  const error = { ...begun, text: kept.join('\n').slice(0, maxTextLength).trimEnd() };
  return { error, next, isLone: listed === null };
}

interface FoundError {
  error: LogError;
  /** The line behind it. */
  next: number;
  /** It is the run's only if ci-operator writes nothing more: others begin an error with the same words. */
  isLone: boolean;
}

/** An error that stands alone, as `junit_job.xml` has it. */
export function toLogError(text: string): LogError {
  const [first = ''] = text.split('\n', 1);
  const begun = readBeginning(first);
  return begun === null
    ? { step: null, test: null, text }
    : { ...begun, text: begun.text + text.slice(first.length) };
}

function readBeginning(message: string): LogError | null {
  const [, step, text] = beginnings[0].exec(message) ?? [];
  if (step !== undefined && text !== undefined) {
    const [, test, phase] = testPhase.exec(text) ?? [];
    return { step, test: test !== undefined && isTestPhase(phase) ? test : null, text };
  }
  return toStepless(
    beginnings[1].exec(message)?.[1] ??
      beginnings[2].exec(message)?.[1] ??
      unquote(field.exec(message)?.[1] ?? ''),
  );
}

function toStepless(text: string): LogError | null {
  return text === '' ? null : { step: null, test: null, text };
}

function continues(line: LogLine): boolean {
  return (
    !line.fresh && readBeginning(line.message) === null && !line.message.startsWith('Reporting job state ')
  );
}

// A container's last words are 4 KiB at most (Kubernetes, terminationMessagePath).
const maxQuoteLength = 4_500;

/**
 * The line with the other `---`. Behind it stands the link to the step whose log it is, another container, the
 * next entry, or nothing. `end` is `null` when there is none: the first `---` is no quote.
 */
function searchQuoteEnd(lines: readonly LogLine[], from: number, pod: string | null): QuoteEnd {
  let end: number | null = null;
  let at = from;
  for (let read = 0; at < lines.length && read < maxQuoteLength; at += 1) {
    const { message = '' } = lines[at] ?? {};
    const behind = lines[at + 1];
    read += message.length + 1;
    if (message === '---' && behind?.message.startsWith(stepLink)) {
      if (pod === null || pod.endsWith(`-${behind.message.slice(stepLink.length)}`))
        return { end: at, searched: at };
    } else if (end === null && isQuoteEnd(message, behind)) end = at;
  }
  return { end, searched: end ?? at };
}

interface QuoteEnd {
  end: number | null;
  /** No quote ends before this line. */
  searched: number;
}

function isQuoteEnd(message: string, behind: LogLine | undefined): boolean {
  if (message.startsWith('---, ') || message === '---]') return true;
  if (message !== '---') return false;
  return (
    behind === undefined ||
    behind.fresh ||
    behind.message === '' ||
    /^Container \S+ exited /.test(behind.message)
  );
}

function readPod(message: string, before: string | null): string | null {
  return [...message.matchAll(quotedPod)].at(-1)?.[1] ?? before;
}

// ci-operator's ForReason words (PROW.md, 4). `releasing_lease` and its like are none of these: what they
// release was had, so the run did not begin to fail there. `executing_multi_stage_test` shows no phase.
const words: readonly (readonly [RegExp, Phase])[] = [
  [/^building_graph$/, 'infra'],
  [
    /^(?:cloning_source|building_\w+|generating_index|injecting_rpms|serving_rpms|tagging_output_image|creating_stable_images)$/,
    'build',
  ],
  [/^(?:importing|resolving|reading|creating|assembling|invalid)_release$/, 'import'],
  [/^(?:tagging_input_image|creating_release_images|resolving_cli_override|resolving_inputs)$/, 'import'],
  [/^acquiring_(?:ip_pool_)?lease$/, 'lease'],
  [/^acquiring_cluster_claim$/, 'claim'],
  [/^(?:loading_args|loading_config|validating_config|defaulting_config|config_resolver\w*)$/, 'infra'],
  [/^(?:gsm_client|initializing_namespace|executing_post|promoting_images|writing_parameters)$/, 'infra'],
  [/^(?:creating_service_account|creating_roles|binding_roles|create_dockercfg_secrets)$/, 'infra'],
];

/** The earliest phase that the words of a reason chain name; `null`: they name none, as most chains. */
export function classifyReason(chain: string): Phase | null {
  const named = chain.split(':').map((word) => words.find(([pattern]) => pattern.test(word))?.[1]);
  return phases.find((phase) => named.includes(phase)) ?? null;
}

/**
 * Of several reasons, the one that goes with the phase the run began to fail in, or else the first: after a
 * failed test, giving its lease back may fail as well.
 */
export function pickReason(reasons: readonly string[], phase: Phase | null): string | null {
  const matching = reasons.find((reason) => phase !== null && classifyReason(reason) === phase);
  const testing = reasons.find((reason) => /\bexecuting_multi_stage_test\b/.test(reason));
  return matching ?? testing ?? reasons[0] ?? null;
}
