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
