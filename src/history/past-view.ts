/** What the bucket tells of a job's past, as people ask for it; `null`: it could not be read. */
export interface PastView {
  /** How far back the counts go before the run's end: as far as the rules look, ms. */
  window_ms: number;
  /** Within that time, this run included. */
  consecutive_failures: number | null;
  /** Ours, within the same time, this run not included, and the share of them that passed. */
  attempts: number | null;
  flake_rate: number | null;
  /** The build id of an attempt of this very run, else of the newest run that began later; `none`. */
  newer_run: string | null;
  /** Which attempt of this very run that one is by its labels; `null`: it is another run. */
  newer_attempt: number | null;
  /** What could not be read, a plain sentence each. */
  gaps: string[];
}
