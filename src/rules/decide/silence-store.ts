import type { Silence } from './silence.ts';

/** Where silences live. What a promise here answers is on disk; all of it throws `StoreUnavailable`. */
export interface SilenceStore {
  /** Those that are not over at `now`, the soonest to end first. */
  list(now: number): Promise<Silence[]>;
  add(silence: Silence): Promise<void>;
  /** Ends a silence; `false` where there is none of that id. */
  remove(id: string): Promise<boolean>;
}
