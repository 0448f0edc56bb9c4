import type { Folder } from '../job/run.ts';
import type { ArtifactSource, Found } from './artifact-source.ts';
import { cleanText } from './clean-text.ts';
import { readBuildLog, type LogFacts } from './read-build-log.ts';
import { readJunit } from './read-junit.ts';
import type { FailedCase } from './junit-collector.ts';

/** An artifact that was asked for, and what is wrong with it. */
export interface Artifact<T> {
  value: T | null;
  absent: boolean;
  gaps: string[];
  /** It could not be read this time; that may pass. */
  retryable: boolean;
}

// A ProwJob is a Kubernetes object, and these are at most 1.5 MiB.
const jsonBytes = 2 * 1_048_576;
const tailBytes = 65_536;

/** Reads a JSON artifact; `parse` gives `null` for what it can't read. */
export async function fetchJson<T>(
  source: ArtifactSource,
  folder: Folder,
  name: string,
  parse: (text: string) => T | null,
): Promise<Artifact<T>> {
  const found = await source.read(`${folder}/${name}`, jsonBytes);
  if (found.kind !== 'found') return miss(name, found);
  const value = parse(found.value);
  return value === null ? spoil(name, 'is unreadable') : hold(value, []);
}

/** Reads a JUnit artifact's failed cases as a stream. */
export async function fetchJunit(
  source: ArtifactSource,
  folder: Folder,
  name: string,
): Promise<Artifact<FailedCase[]>> {
  const found = await source.stream(`${folder}/${name}`);
  if (found.kind !== 'found') return miss(name, found);
  const report = await readJunit(found.value);
  if (report === null) return spoil(name, 'is not a JUnit file');
  const gaps = report.problems.map((problem) => `${name} ${problem}`);
  return { ...hold(report.failed, gaps), retryable: report.interrupted };
}

/** Reads the last 64 KiB of `build-log.txt`. */
export async function fetchLog(source: ArtifactSource, folder: Folder): Promise<Artifact<LogFacts>> {
  const name = 'build-log.txt';
  const found = await source.tail(`${folder}/${name}`, tailBytes);
  if (found.kind !== 'found') return miss(name, found);
  if (/^\s*<(?:!doctype\s+html|html)\b/i.test(found.value)) return spoil(name, 'is a page of HTML');
  return hold(readBuildLog(found.value), []);
}

function hold<T>(value: T, gaps: string[]): Artifact<T> {
  return { value, absent: false, gaps, retryable: false };
}

/** A page of gcsweb in an artifact's place means that there is no such artifact. */
function spoil(name: string, problem: string): Artifact<never> {
  return { value: null, absent: true, gaps: [`${name} ${problem}`], retryable: false };
}

function miss(name: string, found: Exclude<Found<unknown>, { kind: 'found' }>): Artifact<never> {
  if (found.kind === 'absent')
    return { value: null, absent: true, gaps: [`${name} is not there`], retryable: false };
  const why = cleanText(found.why);
  return { value: null, absent: false, gaps: [`${name} could not be read: ${why}`], retryable: true };
}
