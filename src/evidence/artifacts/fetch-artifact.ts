import { type Folder, jobOf } from '../../job/run.ts';
import { type ArtifactSource, describeMiss, formatExcess, type Missed } from './artifact-source.ts';
import type { Gap } from '../gap.ts';
import { cleanText } from '../../text/clean-text.ts';
import { classifyReason } from '../log/log-error.ts';
import { isTestOf } from '../phase.ts';
import { readBuildLog, type LogFacts } from '../log/read-build-log.ts';
import { readJunit } from '../junit/read-junit.ts';
import type { FailedCase } from '../junit/junit-collector.ts';

/** An artifact that was asked for, and what is wrong with it. */
export interface Artifact<T> {
  value: T | null;
  absent: boolean;
  gaps: Gap[];
  /** It could not be read this time; that may pass. */
  retryable: boolean;
  /** The bucket that refuses to be read; `null`: none does. */
  denied: string | null;
  /** It is over its limit, so it will never be read. */
  isTooLarge: boolean;
}

/** Holds a case for each step of ci-operator's graph. */
export const operatorFile = 'artifacts/junit_operator.xml';
/** Of a JSON artifact: a ProwJob is a Kubernetes object, and these are at most 1.5 MiB. */
export const jsonBytes = 2 * 1_048_576;
/** How much of a log's end is read, in this order, until it shows what failed. */
const logBytes = [65_536, 262_144, 1_048_576];

/** Reads a JSON artifact; `parse` gives `null` for what it can't read. An artifact over `maxBytes` is not read. */
export async function fetchJson<T>(
  source: ArtifactSource,
  folder: Folder,
  name: string,
  parse: (text: string) => T | null,
  maxBytes = jsonBytes,
): Promise<Artifact<T>> {
  const found = await source.read(`${folder}/${name}`, maxBytes);
  if (found.kind !== 'found') return makeMissed(name, found);
  const value = parse(found.value);
  return value === null ? makeDamaged(name, 'is unreadable') : makeRead(value, []);
}

/** Reads a JUnit artifact's failed cases as a stream. */
export async function fetchJunit(
  source: ArtifactSource,
  folder: Folder,
  name: string,
): Promise<Artifact<FailedCase[]>> {
  const found = await source.stream(`${folder}/${name}`);
  if (found.kind !== 'found') return makeMissed(name, found);
  const report = await readJunit(found.value);
  if (report === null) return makeDamaged(name, 'is not a JUnit file');
  const gaps = report.problems.map((detail): Gap => ({ file: name, kind: 'damaged', detail }));
  return { ...makeRead(report.failed, gaps), retryable: report.interrupted };
}

/**
 * Reads the last 64 KiB of `build-log.txt`, and more of it only if ci-operator's verdict is not in them: the last
 * error alone can be longer than that when many steps of post failed. `text` is the last 64 KiB all the same.
 */
export async function fetchLog(source: ArtifactSource, folder: Folder): Promise<Artifact<LogFacts>> {
  const name = 'build-log.txt';
  const jobName = jobOf(folder);
  const [tailBytes = 0, ...further] = logBytes;
  const found = await source.tail(`${folder}/${name}`, tailBytes);
  if (found.kind !== 'found') return makeMissed(name, found);
  if (/^\s*<(?:!doctype\s+html|html)\b/i.test(found.value)) return makeDamaged(name, 'is a page of HTML');
  let cut = isCut(found.value, tailBytes);
  let facts = readBuildLog(found.value, jobName, cut);
  const { text } = facts;
  for (const bytes of further) {
    if (!cut || showsFailure(facts, jobName) || !entry.test(text)) break;
    const more = await source.tail(`${folder}/${name}`, bytes);
    if (more.kind !== 'found') return { ...makeMissed(name, more), value: { ...facts, text }, absent: false };
    cut = isCut(more.value, bytes);
    facts = readBuildLog(more.value, jobName, cut);
  }
  return makeRead({ ...facts, text }, []);
}

/** The beginning of an entry of ci-operator's log, or of Prow's line about a stop. No other log has a verdict. */
const entry =
  /^(?:[A-Z]{4}\[\d{4}-|time="|\d{4}\/\d\d\/\d\d \d|\{"component":"entrypoint",.{0,400}(?:did not finish|interrupt))/m;

/** Whether the object has more than this end of it. A character that was cut decodes to a few bytes more or less. */
function isCut(text: string, bytes: number): boolean {
  return Buffer.byteLength(text) > bytes - 8;
}

/** Whether the log shows where the run began to fail. A failed post does not: pre or test may have failed before. */
function showsFailure(facts: LogFacts, jobName: string | null): boolean {
  const { errors, failedPhases, reasons, activity, complete } = facts;
  // The beginning of the text may be quoted from another ci-operator's log, with the names of its tests.
  const isOwn = errors.some(({ test }) => test === null || isTestOf(jobName, test));
  return (
    (complete && isOwn) ||
    activity !== null ||
    failedPhases.some(({ phase }) => phase !== 'post') ||
    reasons.some((reason) => classifyReason(reason) !== null)
  );
}

/** An artifact of which nothing is known yet. */
export const nothingRead = {
  value: null,
  absent: false,
  gaps: [],
  retryable: false,
  denied: null,
  isTooLarge: false,
};

function makeRead<T>(value: T, gaps: Gap[]): Artifact<T> {
  return { ...nothingRead, value, gaps };
}

/** A page of gcsweb in an artifact's place means that there is no such artifact. */
function makeDamaged(file: string, detail: string): Artifact<never> {
  return { ...nothingRead, absent: true, gaps: [{ file, kind: 'damaged', detail }] };
}

function makeMissed(file: string, found: Missed): Artifact<never> {
  switch (found.kind) {
    case 'absent':
      return { ...nothingRead, absent: true, gaps: [{ file, kind: 'absent', detail: '' }] };
    case 'too-large':
      return {
        ...nothingRead,
        gaps: [{ file, kind: 'too-large', detail: formatExcess(found.limit) }],
        isTooLarge: true,
      };
    case 'denied':
      return { ...nothingRead, gaps: [describeUnread(file, found)], denied: found.bucket };
    case 'unavailable':
      return { ...nothingRead, gaps: [describeUnread(file, found)], retryable: true };
  }
}

function describeUnread(file: string, found: Missed): Gap {
  return { file, kind: 'unread', detail: cleanText(describeMiss(found)) };
}
