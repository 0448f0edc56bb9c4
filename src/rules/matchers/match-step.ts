import { compileGlob } from '../../job/glob.ts';
import type { Condition } from '../language/condition.ts';
import { type FailedRun, findAmong } from './matcher.ts';
import type { Finding } from '../../chain/decision.ts';

/** Only these phases have steps: a run that failed in any other surely failed in none. */
const phasesWithSteps = ['pre', 'test', 'post'];

export function matchStep({ step }: Condition, { evidence: { phase, steps } }: FailedRun): Finding | null {
  if (step === undefined) return null;
  if (phase !== null && !phasesWithSteps.includes(phase)) {
    return { key: 'step', verdict: 'fails', asked: step, saw: 'none' };
  }
  return findAmong('step', step, steps, (value) => step.some((glob) => compileGlob(glob)(value)));
}
