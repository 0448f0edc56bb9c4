/** What makes a job run: the clock, a merge, a pull request, or a batch of pull requests. */
export type JobType = 'periodic' | 'postsubmit' | 'presubmit' | 'batch';

export const jobTypes: readonly JobType[] = ['periodic', 'postsubmit', 'presubmit', 'batch'];

/** Reads a ProwJob's `spec.type` or Gangway's enum name; a word that is neither gives `null`. */
export function readJobType(text: unknown): JobType | null {
  const word = typeof text === 'string' ? text.toLowerCase() : '';
  return jobTypes.find((type) => type === word) ?? null;
}
