import type { Condition } from '../language/condition.ts';
import { type FailedRun, findAmong } from './matcher.ts';
import type { Finding } from '../../chain/decision.ts';

/** Without a `prowjob.json`, no artifact shows whether something manages the run. */
export function matchManagedBy({ managed_by: asked }: Condition, run: FailedRun): Finding | null {
  if (asked === undefined) return null;
  const { managedBy, evidence } = run;
  if (managedBy !== null) {
    return findAmong('managed_by', asked, [managedBy.by], (value) => asked.some((each) => each === value));
  }
  const isRead = evidence.type !== null;
  return { key: 'managed_by', verdict: isRead ? 'fails' : 'unknown', asked, saw: isRead ? 'none' : null };
}

/** A managed run is for rules that ask for it: for any other rule this condition fails. */
export function refuseUnasked({ managed_by: asked }: Condition, { managedBy }: FailedRun): Finding | null {
  if (asked !== undefined || managedBy === null) return null;
  return { key: 'managed_by', verdict: 'fails', asked: ['none'], saw: managedBy.by };
}
