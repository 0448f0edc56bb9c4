import { createHash } from 'node:crypto';

/** A label of a known failure, as the CI's cloud function writes it below a run's folder (PROW.md, 3). */
export function knownFailureFile(label: string, summary: string): { path: string; content: string } {
  const file = 'build-log.txt';
  const match = 'no route to host';
  const symptom = {
    id: `${label}Symptom`,
    summary,
    matcher_type: 'string',
    file_pattern: file,
    match_string: match,
    label_ids: [label],
  };
  const entry = {
    symptom,
    label: { id: label, label_title: label, explanation: '' },
    file_match: file,
    text_match: match,
  };
  const hash = createHash('sha256').update(`${label} ${summary}`).digest('hex');
  return {
    path: `artifacts/job_labels/${label}-${file}-${hash}.json`,
    content: JSON.stringify({ symptom_label_v1: entry }),
  };
}
