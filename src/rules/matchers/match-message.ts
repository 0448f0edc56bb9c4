import type { Condition } from '../language/condition.ts';
import { type FailedRun, findInText } from './matcher.ts';
import type { Finding } from '../../chain/decision.ts';

/** In any failed test case. */
export function matchMessage({ message }: Condition, { evidence }: FailedRun): Finding | null {
  if (message === undefined) return null;
  const text = evidence.messages.find((each) => message.isIn(each)) ?? evidence.messages[0] ?? null;
  return findInText('message', message, text);
}
