/** Time as the flow and its adapters see it; a test or the simulation brings its own. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Calls `what` once at `when` (ms since the epoch), at once if that has passed. Returns the way to call it off. */
  at(when: number, what: () => void): () => void;
}
