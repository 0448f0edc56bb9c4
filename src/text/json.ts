import { maxDateMs } from '../time/duration.ts';

/**
 * Reads a JSON object. A byte order mark in front is skipped. `null`: it is something else, such as the HTML page
 * that gcsweb shows for a missing file.
 */
export function parseJsonObject(text: string): Record<string, unknown> | null {
  const value = parseJson(text);
  return isObject(value) ? value : null;
}

/** Reads JSON, with or without a byte order mark in front. `null`: it is no JSON, or is `null`. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch {
    return null;
  }
}

/** A field of others' JSON that should be an object; anything else counts as an empty one. */
export function readObject(value: unknown): Record<string, unknown> {
  return isObject(value) ? value : {};
}

export function readString(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Seconds since the epoch, as Prow's started.json and finished.json have them, in milliseconds. */
export function readTimestamp(value: unknown): number | null {
  if (typeof value !== 'number') return null;
  return value > 0 && value * 1_000 <= maxDateMs ? Math.round(value * 1_000) : null;
}

/** An RFC 3339 string in milliseconds since the epoch. */
export function readDate(value: unknown): number | null {
  const ms = typeof value === 'string' ? Date.parse(value) : Number.NaN;
  return Number.isNaN(ms) ? null : ms;
}
