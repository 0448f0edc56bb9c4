import type { Folder } from '../../job/run.ts';
import { type ArtifactSource, describeMiss } from './artifact-source.ts';
import { cleanText, summaryLine } from '../../text/clean-text.ts';
import type { Gap } from '../gap.ts';
import { type Artifact, fetchJson, nothingRead } from './fetch-artifact.ts';
import { parseJsonObject, readObject, readString } from '../../text/json.ts';

/** A failure that the people who run the CI know by a symptom in the run's files, such as `InfraFailure`. */
export interface KnownFailure {
  /** The label's id; at most 100 characters, without blanks. */
  label: string;
  /** What they say of it, one line of at most 200 characters; empty: nothing. */
  summary: string;
}

/** Label files that are read of one run. */
const maxFiles = 20;
const fileBytes = 65_536;
const labelLength = 100;
/** The labels' folder below the run's. */
export const labelsFolder = 'artifacts/job_labels';

/**
 * Reads the labels of known failures that a cloud function of the CI wrote below a run's folder (PROW.md, 3), each label
 * once, in order, at most 20. The value is `null` if there is none, or none that can be read. Labels come minutes after
 * the end of the run, so an empty folder is no gap; what cannot be read is one, and is never `retryable`.
 */
export async function readKnownFailures(
  source: ArtifactSource,
  folder: Folder,
): Promise<Artifact<KnownFailure[]>> {
  const listed = await source.listObjects(`${folder}/${labelsFolder}`);
  if (listed.kind === 'absent') return toArtifact([], []);
  if (listed.kind !== 'found') {
    return toArtifact(
      [],
      [{ file: labelsFolder, kind: 'unlisted', detail: cleanText(describeMiss(listed)) }],
    );
  }
  const read = await Promise.all(
    pickFiles(listed.value).map((name) =>
      fetchJson(source, folder, `${labelsFolder}/${name}`, readKnownFailure, fileBytes),
    ),
  );
  const [gap, ...more] = read.flatMap(({ gaps }) => gaps);
  return toArtifact(
    read.flatMap(({ value }) => value ?? []),
    gap === undefined ? [] : [{ ...gap, others: more.length }],
  );
}

/**
 * A label has a file for each symptom and each file in which the symptom was found: `LABEL-FILE-HASH.json`. One file of
 * each label comes first, so that a label with many files hides no other one. Beside them lies a summary in HTML.
 */
function pickFiles(names: readonly string[]): string[] {
  const files = names.filter((name) => name.endsWith('.json') && !name.includes('/'));
  const byLabel = Map.groupBy(files, (name) => name.split('-', 1)[0]);
  const firsts = [...byLabel.values()].flatMap(([first]) => first ?? []);
  return [...new Set([...firsts, ...files])].slice(0, maxFiles);
}

/** Reads a label file; `null`: it is none. A label that a person gave by hand has no symptom. */
function readKnownFailure(text: string): KnownFailure | null {
  const entry = readObject(parseJsonObject(text)?.['symptom_label_v1']);
  const written = readObject(entry['label']);
  const label = cleanText(readString(written['id']) ?? '').replaceAll(/\s+/g, '');
  if (label === '') return null;
  const texts = [readObject(entry['symptom'])['summary'], written['label_title'], written['explanation']];
  const summary = summaryLine(texts.map((each) => cleanText(readString(each) ?? ''))) ?? '';
  return { label: label.slice(0, labelLength).toWellFormed(), summary };
}

/** Of a label that stands in several files, the first that says something of it stays. */
function toArtifact(found: readonly KnownFailure[], gaps: Gap[]): Artifact<KnownFailure[]> {
  const inOrder = found.toSorted(
    (a, b) => compareTexts(a.label, b.label) || compareTexts(a.summary, b.summary),
  );
  const byLabel = Map.groupBy(inOrder, ({ label }) => label);
  const value = [...byLabel.values()].flatMap(
    (alike) => alike.find(({ summary }) => summary !== '') ?? alike[0] ?? [],
  );
  const isNone = value.length === 0;
  return { ...nothingRead, value: isNone ? null : value, absent: isNone, gaps };
}

function compareTexts(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
