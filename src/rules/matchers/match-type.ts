import type { FailedRun } from '../failed-run.ts';
import type { Match } from '../rule.ts';
import { findAmong, type Finding } from './matcher.ts';

export function matchType({ type }: Match, { evidence }: FailedRun): Finding | null {
  return findAmong('type', type, evidence.type);
}
