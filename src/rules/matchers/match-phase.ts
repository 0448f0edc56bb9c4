import type { Condition } from '../language/condition.ts';
import { type FailedRun, findAmong, toList } from './matcher.ts';
import type { Finding } from '../../chain/decision.ts';

export function matchPhase({ phase }: Condition, { evidence }: FailedRun): Finding | null {
  if (phase === undefined) return null;
  return findAmong('phase', phase, toList(evidence.phase), (value) => phase.some((each) => each === value));
}
