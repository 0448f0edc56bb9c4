import { compileJobGlob } from '../../job/glob.ts';

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

/** Where silences live. What a promise here answers is on disk; all of it throws `StoreUnavailable`. */
export interface SilenceStore {
  /** Those that are not over at `now`, the soonest to end first. */
  list(now: number): Promise<Silence[]>;
  add(silence: Silence): Promise<void>;
  /** Ends a silence; `false` where there is none of that id. */
  remove(id: string): Promise<boolean>;
}

/** A silence as the contract shows it. */
export interface SilenceView {
  id: string;
  job: string;
  /** RFC 3339, UTC. */
  until: string;
  author: string;
  comment: string;
}

export function viewSilence({ id, job, until, author, comment }: Silence): SilenceView {
  return { id, job, until: new Date(until).toISOString(), author, comment };
}
