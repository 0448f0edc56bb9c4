import type { Chain, ClosedState, OpenState } from './chain.ts';
import { refuseTokens } from './credentials.ts';
import { forgetAddresses, enqueueReport } from './outbox.ts';
import type { Fingerprint } from '../secret.ts';
import type { Decision, DecisionReason } from './decision.ts';

/** The chain in an open state, its next task due at `wakeAt`. What went wrong before no longer counts. */
export function moveOn(chain: Chain, state: OpenState, wakeAt: number, now: number): Chain {
  return { ...chain, state, wakeAt, tries: 0, updatedAt: now, closedAt: null, lacks: null };
}

/** The same task again at `wakeAt`, because it could not be done yet. */
export function postpone(chain: Chain, wakeAt: number): Chain {
  return { ...chain, wakeAt, tries: chain.tries + 1 };
}

/** The chain at its end: nothing more is done for it, and the callers' tokens are forgotten. */
export function close(chain: Chain, state: ClosedState, now: number, lacks: Chain['lacks'] = null): Chain {
  return forgetAddresses({
    ...chain,
    state,
    wakeAt: null,
    tries: 0,
    updatedAt: now,
    closedAt: now,
    intent: null,
    credentials: { ...chain.credentials, tokens: [] },
    lacks,
  });
}

/**
 * Ends the chain in a person's hands, and tells them why; the account of the decision ends with it, too. An attempt
 * that may exist keeps its note: it counts as made until somebody knows better.
 */
export function escalate(chain: Chain, detail: string, now: number, lacks: Chain['lacks'] = null): Chain {
  const intent = chain.state === 'triggering' ? chain.intent : null;
  const told = enqueueReport(addReason(chain, detail), { topic: 'needs-human', detail }, now);
  return { ...close(told, 'needs-human', now, lacks), intent };
}

/** Ends the chain in a person's hands for want of a token that Gangway takes. */
export function escalateForToken(
  chain: Chain,
  detail: string,
  refused: readonly Fingerprint[],
  now: number,
): Chain {
  const credentials = refuseTokens(chain.credentials, refused);
  return escalate({ ...chain, credentials }, detail, now, 'token');
}

/** The chain with one more sentence at the end of the account of its decision, which says nothing twice. */
export function addReason(chain: Chain, fact: string): Chain {
  if (chain.decision === null) return chain;
  const sentence = /[.!?]$/.test(fact) ? fact : `${fact}.`;
  const others = chain.decision.because.filter((each) => each !== sentence);
  return { ...chain, decision: { ...chain.decision, because: [...others, sentence] } };
}

/** The chain with a decision that takes the place of the one before; the account goes on where that one's ended. */
export function overrideDecision(
  chain: Chain,
  outcome: Decision['outcome'],
  reason: DecisionReason,
  because: readonly string[],
): Chain {
  const { decision } = chain;
  const account = [...(decision?.because ?? []), ...because];
  return { ...chain, decision: { outcome, reason, rule: decision?.rule ?? null, because: account } };
}
