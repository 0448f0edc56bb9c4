import type { FailedRun } from '../failed-run.ts';
import type { Match } from '../rule.ts';
import { findAmong, type Finding } from './matcher.ts';

export function matchPhase({ phase }: Match, { evidence }: FailedRun): Finding | null {
  return findAmong('phase', phase, evidence.phase);
}
