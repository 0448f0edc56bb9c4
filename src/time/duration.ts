const unitMs = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

type Unit = keyof typeof unitMs;

/** Lengths in milliseconds. */
export const hourMs = unitMs.h;
export const dayMs = unitMs.d;

/** The latest moment that a date can hold, in ms since the epoch; the earliest one is as far on the other side. */
export const maxDateMs = 8.64e15;

/** Reads `500ms`, `30s`, `30m`, `12h`, `7d` as milliseconds; anything else gives `null`. */
export function parseDuration(text: string): number | null {
  const [, digits, unit] = /^(\d{1,9})(ms|s|m|h|d)$/.exec(text) ?? [];
  return digits === undefined ? null : Number(digits) * unitMs[unit as Unit];
}

/** Writes milliseconds for people, two units at most: `30m`, `1h 12m`, `450ms`. */
export function formatDuration(ms: number): string {
  if (Math.round(ms) < unitMs.s) return `${Math.max(0, Math.round(ms))}ms`;
  let rest = Math.round(ms / unitMs.s) * unitMs.s;
  const parts: string[] = [];
  for (const unit of ['d', 'h', 'm', 's'] as const) {
    const count = Math.floor(rest / unitMs[unit]);
    rest -= count * unitMs[unit];
    if (count > 0) parts.push(`${count}${unit}`);
    if (parts.length === 2) break;
  }
  return parts.join(' ');
}

const maxDurationMs = 15 * 60_000;

/** Milliseconds until the next try after `tries` that failed: doubling from `firstMs`, at most a quarter of an hour. */
export function backOff(firstMs: number, tries: number): number {
  return Math.min(maxDurationMs, firstMs * 2 ** Math.min(tries, 20));
}
