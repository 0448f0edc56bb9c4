import { isTestOf, nameStep } from '../phase.ts';
import { cleanText } from '../../text/clean-text.ts';
import { parseJsonObject } from '../../text/json.ts';

const echo = /^Logs for container \S{1,253} in pod (\S{1,253}):$/;
const nested = /^Running multi-stage test (\S{1,253})$/;
const begun = /^Running step (\S{1,253})\.$/;
const ended = /^Step (\S{1,253}) (failed|succeeded) after /;

/**
 * The lines that the run's own ci-operator wrote. ci-operator prints the log of a container that failed between
 * `Logs for container C in pod P:` and `Step P failed after …` (pkg/util/pods.go in ci-tools). That log can be
 * another ci-operator's, so nothing in it counts. Nor does a test that begins while a step of the job's own test
 * runs. `cut` says that the log begins before the first line given.
 */
export function dropForeignLines(
  lines: readonly LogLine[],
  { cut, jobName }: { cut: boolean; jobName: string | null },
): LogLine[] {
  const ends = findEnds(lines);
  const own: LogLine[] = [];
  const running = new Set<string>();
  let latest: string | null = null;
  for (let at = 0; at < lines.length; at += 1) {
    const line = lines[at];
    if (line === undefined) break;
    const [, pod, verb] = ended.exec(line.message) ?? [];
    // The echo began before the first line, so all that is read so far may belong to it.
    if (cut && pod !== undefined && verb === 'failed' && !running.has(pod)) own.length = 0;
    own.push(line);
    const started = begun.exec(line.message)?.[1];
    if (started !== undefined) {
      running.add(started);
      latest = started;
    } else if (pod === latest) latest = null;
    const echoed: string | null = echo.exec(line.message)?.[1] ?? readOuterPod(line.message, latest, jobName);
    if (echoed === null) continue;
    if (nested.test(line.message)) own.pop();
    const end = takeNext(ends.get(echoed) ?? [], at);
    // An observer runs beside the steps, and can run on after its echo, up to the end of the test.
    const next = latest === echoed ? null : takeNext(ends.get(latest ?? '') ?? [], at);
    if (end !== null || next !== null) at = Math.min(end ?? Infinity, next ?? Infinity) - 1;
    // The pod of a test without phases has no end line: what ci-operator says next is that the test failed.
    else if (isTestOf(jobName, echoed)) at = findFailureLine(lines, at, echoed) - 1;
    // The run was killed before the echo's end. A pod that is no step has no end line, so its echo is not known.
    else if (echoed === latest) break;
  }
  return own;
}

/** The pod that prints the beginning of another test while a step of the job's test runs. */
function readOuterPod(message: string, latest: string | null, jobName: string | null): string | null {
  const test = nested.exec(message)?.[1];
  if (test === undefined || latest === null || isTestOf(jobName, test)) return null;
  return nameStep(latest, { tests: [], jobName }) === null ? null : latest;
}

/** The last line that says that a test failed, or the end: the run was killed before it. */
function findFailureLine(lines: readonly LogLine[], after: number, test: string): number {
  const words = `could not run steps: step ${test} failed: `;
  const at = lines.findLastIndex(({ message }) => message.includes(words));
  return at > after ? at : lines.length;
}

function findEnds(lines: readonly LogLine[]): Map<string, number[]> {
  const ends = new Map<string, number[]>();
  for (const [at, { message }] of lines.entries()) {
    const pod = ended.exec(message)?.[1];
    if (pod === undefined) continue;
    const known = ends.get(pod);
    if (known === undefined) ends.set(pod, [at]);
    else known.push(at);
  }
  for (const each of ends.values()) each.reverse();
  return ends;
}

/** The first number over `after`. The numbers are in descending order; smaller ones are removed. */
function takeNext(numbers: number[], after: number): number | null {
  while ((numbers.at(-1) ?? Infinity) <= after) numbers.pop();
  return numbers.at(-1) ?? null;
}

/** A line of ci-operator's log, without the time, the level and the blanks around it. */
export interface LogLine {
  message: string;
  /** An entry of the log begins here. Other lines continue an entry, or are printed by something else. */
  fresh: boolean;
}

const keyValue = /^time="[^"]*" level=\w+ msg=("(?:[^"\\]|\\.)*"|\S+)/;
const prefix = /^(?:[A-Z]{4}\[(?:\d{4}-\d\d-\d\dT[^\]]*|\d{4,6})\] ?|\d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d )/;

/** The lines of a log entry's message: one entry can hold several. */
export function unwrapLogLine(line: string): LogLine[] {
  const message = readMessage(line);
  return (message ?? line)
    .split('\n')
    .map((part, at) => ({ message: part.trim(), fresh: message !== null && at === 0 }));
}

/** `null`: the line does not begin as an entry does. */
function readMessage(line: string): string | null {
  if (line.startsWith('{')) {
    const message = parseJsonObject(line)?.['msg'];
    return typeof message === 'string' ? cleanText(message) : null;
  }
  const quoted = keyValue.exec(line)?.[1];
  if (quoted !== undefined) return unquote(quoted);
  return prefix.test(line) ? line.replace(prefix, '') : null;
}

/** Go quotes almost as JSON does. Where they differ, only quotes and line ends matter here. */
export function unquote(text: string): string {
  if (!text.startsWith('"')) return text;
  return cleanText(text.slice(1, -1).replaceAll('\\n', '\n').replaceAll('\\"', '"'));
}
