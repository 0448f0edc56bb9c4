import { compileGlob } from '../../job/glob.ts';
import type { Condition } from '../language/condition.ts';
import { type FailedRun, findAmong, toList } from './matcher.ts';
import type { Finding } from '../../chain/decision.ts';

export function matchReason({ reason }: Condition, { evidence }: FailedRun): Finding | null {
  if (reason === undefined) return null;
  const values = toList(evidence.reason);
  return findAmong('reason', reason, values, (value) => reason.some((glob) => compileGlob(glob)(value)));
}
