const longestMs = 15 * 60_000;

/** Milliseconds until the next try after `tries` that failed: doubling from `firstMs`, at most a quarter of an hour. */
export function backOff(firstMs: number, tries: number): number {
  return Math.min(longestMs, firstMs * 2 ** Math.min(tries, 20));
}
