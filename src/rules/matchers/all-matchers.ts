import { matchJob } from './match-job.ts';
import { matchPhase } from './match-phase.ts';
import { matchStatus } from './match-status.ts';
import { matchType } from './match-type.ts';
import type { Matcher } from './matcher.ts';

/** In the order in which an account of them reads best: what the job is, then how the run ended, then where. */
export const allMatchers: readonly Matcher[] = [matchJob, matchType, matchStatus, matchPhase];
