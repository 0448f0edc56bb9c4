import { isFinished } from '../../job/status.ts';
import type { Condition } from '../language/condition.ts';
import { type FailedRun, findAmong } from './matcher.ts';
import type { Finding } from '../../chain/decision.ts';

/** Any other status of an ended run is a stale one, from a `prowjob.json` that lags behind. */
export function matchStatus({ status }: Condition, { evidence }: FailedRun): Finding | null {
  if (status === undefined) return null;
  const values = isFinished(evidence.status) ? [evidence.status] : [];
  return findAmong('status', status, values, (value) => status.some((each) => each === value));
}
