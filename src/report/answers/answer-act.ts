import type { Act } from '../../chain/actions.ts';
import { noSuchChain } from './answer.ts';

/** What the person who asked for it is told of a cancel or a retry. */
export function answerAct(result: Act | { kind: 'absent' }): string {
  if (result.kind === 'absent') return noSuchChain;
  return result.kind === 'conflict' ? result.detail : "Done. The chain's message shows what comes of it.";
}
