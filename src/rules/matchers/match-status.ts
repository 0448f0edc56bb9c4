import { isFinished } from '../../job/status.ts';
import type { FailedRun } from '../failed-run.ts';
import type { Match } from '../rule.ts';
import { findAmong, type Finding } from './matcher.ts';

/** `prowjob.json` may still say PENDING of a run that has ended: that is no word on how it ended. */
export function matchStatus({ status }: Match, { evidence }: FailedRun): Finding | null {
  return findAmong('status', status, isFinished(evidence.status) ? evidence.status : null);
}
