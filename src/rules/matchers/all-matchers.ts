import { matchJob } from './match-job.ts';
import { matchLabel } from './match-label.ts';
import { matchLog } from './match-log.ts';
import { matchManagedBy } from './match-managed-by.ts';
import { matchMessage } from './match-message.ts';
import { matchPhase } from './match-phase.ts';
import { matchReason } from './match-reason.ts';
import { matchStatus } from './match-status.ts';
import { matchStep } from './match-step.ts';
import { matchType } from './match-type.ts';
import type { Matcher } from './matcher.ts';

/**
 * In the order in which an account of them reads best: what the job is, how the run ended, where, why; the long
 * texts last, because reading them costs most.
 */
export const allMatchers: readonly Matcher[] = [
  matchJob,
  matchType,
  matchManagedBy,
  matchStatus,
  matchPhase,
  matchStep,
  matchReason,
  matchLabel,
  matchMessage,
  matchLog,
];
