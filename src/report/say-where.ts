import type { ChainRun } from '../chain/chain.ts';

/** `pre, step ipi-install-install`: where a run began to fail; empty where nothing tells. */
export function sayWhere({ phase, steps }: Pick<ChainRun, 'phase' | 'steps'>): string {
  if (phase === null) return '';
  if (steps.length === 0) return phase;
  return `${phase}, ${steps.length === 1 ? 'step' : 'steps'} ${steps.join(', ')}`;
}
