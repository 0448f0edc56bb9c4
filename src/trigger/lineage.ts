import { createHash } from 'node:crypto';
import { type Manager, managerAnnotation } from '../job/managed-by.ts';

const rootLabel = 'retrigger/root';
const attemptLabel = 'retrigger/attempt';

/** What a run is a retry of, as its labels and annotations say it. */
export interface Lineage {
  root: string;
  attempt: number;
}

/** Beyond what any rule allows. */
const tooManyAttempts = 9_999;

interface Marks {
  labels: Record<string, string>;
  annotations: Record<string, string>;
}

/**
 * The labels and annotations that travel with an attempt, so that a lost store cannot make a loop. A label value
 * has at most 63 characters (PROW.md, 1): if the root's id is longer, the label holds its hash, and the
 * annotation of the same name the whole. An attempt has none of the marks of the run that it retries, so `managedBy`,
 * the manager of that run, goes along.
 */
export function markLineage({ root, attempt }: Lineage, managedBy: Manager | null = null): Marks {
  return {
    labels: { [rootLabel]: toLabelValue(root), [attemptLabel]: String(attempt) },
    annotations: { [rootLabel]: root, ...(managedBy === null ? {} : { [managerAnnotation]: managedBy }) },
  };
}

/** Reads which run a run retries; `null`: it is no retry of ours. */
export function readLineage({ labels, annotations }: Marks): Lineage | null {
  const annotation = annotations[rootLabel] ?? '';
  const label = labels[rootLabel] ?? '';
  // An annotation that the label does not vouch for is not ours.
  const root = annotation !== '' && (label === '' || label === toLabelValue(annotation)) ? annotation : label;
  if (root === '') return null;
  const attempt = labels[attemptLabel] ?? '';
  // Only we set these labels. If the number is malformed, the run is a retry after which no rule allows another.
  return { root, attempt: /^[1-9]\d{0,3}$/.test(attempt) ? Number(attempt) : tooManyAttempts };
}

/** Whether a run carries the marks of this very attempt. The label decides: only it is surely set by us. */
export function carriesLineage(marks: Marks, lineage: Lineage): boolean {
  const ours = markLineage(lineage).labels;
  return Object.entries(ours).every(([name, value]) => marks.labels[name] === value);
}

function toLabelValue(text: string): string {
  if (/^[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/.test(text)) return text;
  return createHash('sha256').update(text).digest('hex').slice(0, 40);
}
