/** The latest moment a JavaScript date knows, in milliseconds. */
const latest = 8.64e15;

/** Seconds since the epoch, as Prow's started.json and finished.json have them, in milliseconds. */
export function readTimestamp(value: unknown): number | null {
  if (typeof value !== 'number') return null;
  return value > 0 && value * 1_000 <= latest ? Math.round(value * 1_000) : null;
}

/** An RFC 3339 string in milliseconds since the epoch. */
export function readDate(value: unknown): number | null {
  const ms = typeof value === 'string' ? Date.parse(value) : Number.NaN;
  return Number.isNaN(ms) ? null : ms;
}
