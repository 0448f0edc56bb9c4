import { type Chain, isOpen } from './chain.ts';
import type { Decision } from './decision.ts';
import { close, moveOn, tell } from './move-chain.ts';

export type Act = { kind: 'done'; chain: Chain } | { kind: 'conflict'; detail: string };

/** A person calls the chain off: no further attempt is made. A run that was started already goes on. */
export function cancelChain(chain: Chain, now: number): Act {
  if (!isOpen(chain)) return conflict(`The chain ended as ${chain.state} already.`);
  if (chain.state === 'triggering') {
    return conflict('An attempt is being created right now; cancel it once it is followed.');
  }
  const because = ['A person cancelled the chain.'];
  if (chain.state === 'following') because.push('Its newest attempt goes on, and how that ends is not told.');
  const decision: Decision = { outcome: 'skip', reason: 'cancelled', rule: null, because };
  const told = tell({ ...chain, decision }, { topic: 'not-retried' }, now);
  return { kind: 'done', chain: close(told, 'skipped', now) };
}

/** A person asks for another attempt now: a waiting one is made at once, an ended chain is opened again. */
export function retryChain(chain: Chain, hasOwnToken: boolean, now: number): Act {
  if (chain.state === 'scheduled' || chain.state === 'held') {
    return { kind: 'done', chain: moveOn(chain, 'scheduled', now, now) };
  }
  if (isOpen(chain)) return conflict(`The chain is ${chain.state}; wait for it to end.`);
  if (chain.state === 'passed') return conflict('The last attempt passed.');
  if (chain.decision?.reason === 'not-failed') return conflict('The run passed.');
  if (chain.type === null) return conflict('Nothing tells what type of job this is.');
  if (chain.type === 'batch') return conflict('The run is a batch, which Gangway does not start.');
  if (chain.type !== 'periodic' && chain.refs === null) return conflict('Nothing tells the refs of the run.');
  if (!hasOwnToken) {
    return conflict("The caller's token was dropped when the chain ended; set RETRIGGER_GANGWAY_TOKEN.");
  }
  const because = ['A person asked for another attempt.'];
  const decision: Decision = { outcome: 'retry', reason: 'matched', rule: null, because };
  const reopened = { ...chain, decision, closedAt: null };
  return { kind: 'done', chain: moveOn(reopened, 'scheduled', now, now) };
}

function conflict(detail: string): Act {
  return { kind: 'conflict', detail };
}
