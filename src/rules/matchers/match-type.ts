import type { Condition } from '../language/condition.ts';
import { type FailedRun, findAmong, toList } from './matcher.ts';
import type { Finding } from '../../chain/decision.ts';

export function matchType({ type }: Condition, { evidence }: FailedRun): Finding | null {
  if (type === undefined) return null;
  return findAmong('type', type, toList(evidence.type), (value) => type.some((each) => each === value));
}
