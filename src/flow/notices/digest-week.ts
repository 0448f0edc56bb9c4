import type { DigestFacts } from '../../chain/notice.ts';

const hourMs = 60 * 60_000;
const dayMs = 24 * hourMs;
const weekMs = 7 * dayMs;
/** The epoch began on a Thursday. */
const firstMonday = 4 * dayMs;
/** After Monday's midnight, UTC. */
const tellAfterMs = 8 * hourMs;

/** A week from Monday to Monday, midnight by UTC. Times are milliseconds since the epoch. */
export interface DigestWeek extends DigestFacts {
  /** By ISO 8601, as in `2026-W47`. */
  name: string;
  /** When it is told: on the Monday after it, at 08:00 UTC. */
  dueAt: number;
}

/** The last week that was to be told by `now`. */
export function findDigestWeek(now: number): DigestWeek {
  const monday = now - tellAfterMs - modulo(now - tellAfterMs - firstMonday, weekMs);
  const from = monday - weekMs;
  return { kind: 'digest', name: nameWeek(from), from, to: monday, dueAt: monday + tellAfterMs };
}

/** When the next one is told, later than `now`. */
export function findNextDigest(now: number): number {
  return findDigestWeek(now).dueAt + weekMs;
}

/** A week belongs to the year of its Thursday, and the first Thursday of a year is in its first week. */
function nameWeek(monday: number): string {
  const thursday = monday + 3 * dayMs;
  const year = new Date(thursday).getUTCFullYear();
  const number = 1 + Math.floor((thursday - Date.UTC(year, 0, 1)) / weekMs);
  return `${year}-W${String(number).padStart(2, '0')}`;
}

function modulo(number: number, by: number): number {
  return ((number % by) + by) % by;
}
