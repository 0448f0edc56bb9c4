/** What makes a job run: the clock, a merge, a pull request, or a batch of pull requests. */
export type JobType = 'periodic' | 'postsubmit' | 'presubmit' | 'batch';

export const jobTypes: readonly JobType[] = ['periodic', 'postsubmit', 'presubmit', 'batch'];

/** Reads a ProwJob's `spec.type` or Gangway's enum name; a word that is neither gives `null`. */
export function readJobType(text: unknown): JobType | null {
  const word = typeof text === 'string' ? text.toLowerCase() : '';
  return jobTypes.find((type) => type === word) ?? null;
}

export interface Pull {
  number: number;
  sha: string;
  author?: string;
  title?: string;
  link?: string;
}

/** The source a run was started for: a ProwJob's `spec.refs`, in Prow's own field names. */
export interface Refs {
  org: string;
  repo: string;
  base_ref: string;
  base_sha: string;
  pulls: Pull[];
  repo_link?: string;
  base_link?: string;
  path_alias?: string;
  clone_uri?: string;
}

/** Why Gangway would not start a run (PROW.md, 1). */
export type Obstacle = { kind: 'batch' } | { kind: 'no-refs'; type: JobType } | { kind: 'no-pull-request' };

/** `null`: Gangway would start such a run. */
export function findObstacle(type: JobType, refs: Refs | null): Obstacle | null {
  if (type === 'batch') return { kind: 'batch' };
  if (type === 'periodic') return null;
  if (refs === null) return { kind: 'no-refs', type };
  return type === 'presubmit' && refs.pulls.length === 0 ? { kind: 'no-pull-request' } : null;
}

/** An obstacle in a sentence. */
export function describeObstacle(obstacle: Obstacle): string {
  switch (obstacle.kind) {
    case 'batch':
      return 'The run is a batch, which Gangway does not start.';
    case 'no-refs':
      return `The run is a ${obstacle.type}, and its prowjob.json names no refs.`;
    case 'no-pull-request':
      return 'The run is a presubmit, and its prowjob.json names no pull request.';
  }
}
