import type { Condition } from '../language/condition.ts';
import { type FailedRun, findInText } from './matcher.ts';
import type { Finding } from '../../chain/decision.ts';

/** In the end of build-log.txt. */
export function matchLog({ log }: Condition, { evidence }: FailedRun): Finding | null {
  if (log === undefined) return null;
  return findInText('log', log, evidence.logTail);
}
