import { compileGlob } from '../../job/glob.ts';
import type { Condition } from '../language/condition.ts';
import { type FailedRun, findAmong } from './matcher.ts';
import type { Finding } from '../../chain/decision.ts';

/** Labels come minutes after the end of a run: as long as they may still come, the condition is unknown. */
export function matchLabel({ label }: Condition, { evidence: { knownFailures } }: FailedRun): Finding | null {
  if (label === undefined) return null;
  if (knownFailures?.length === 0) return { key: 'label', verdict: 'fails', asked: label, saw: 'none' };
  const values = (knownFailures ?? []).map((known) => known.label);
  return findAmong('label', label, values, (value) => label.some((glob) => compileGlob(glob)(value)));
}
