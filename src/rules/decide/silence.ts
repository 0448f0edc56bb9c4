import { compileJobGlob } from '../../job/compile-job-glob.ts';

/** While it lasts, failures of the jobs that its glob names are recorded and not tried again. */
export interface Silence {
  id: string;
  /** A glob over job names. */
  job: string;
  /** Milliseconds since the epoch; from then on it is over. */
  until: number;
  author: string;
  comment: string;
}

/** The silence that mutes the job at `now`, the one that lasts longest where several do. */
export function findSilence(silences: readonly Silence[], jobName: string, now: number): Silence | null {
  const mute = silences.filter(({ job, until }) => until > now && compileJobGlob(job)(jobName));
  return mute.toSorted((a, b) => b.until - a.until)[0] ?? null;
}
