import type { Verdict } from './judge-phase.ts';

/**
 * The verdict on a run that Prow ended itself (state `error`), if nothing shows that anything failed before: `infra`.
 * A phase and steps that were running then did not fail, so they are in the text only.
 */
export function blameProw({ phase, steps, text }: Verdict): Verdict {
  if (phase === null || phase === 'infra') return { phase: 'infra', steps: [], text };
  const running = steps.length === 0 ? '' : `, ${steps.length === 1 ? 'step' : 'steps'} ${steps.join(', ')}`;
  return { phase: 'infra', steps: [], text: `Prow ended the run during phase ${phase}${running}.` };
}
