import type { Chain, ClosedState, OpenState, OutgoingReport } from './chain.ts';

type News = Pick<OutgoingReport, 'topic'> & Partial<Pick<OutgoingReport, 'attempt' | 'detail' | 'dueAt'>>;

/** The chain in an open state, its next task due at `wakeAt`. What went wrong before no longer counts. */
export function moveOn(chain: Chain, state: OpenState, wakeAt: number, now: number): Chain {
  return { ...chain, state, wakeAt, tries: 0, updatedAt: now, closedAt: null };
}

/** The same task again at `wakeAt`, because it could not be done yet. */
export function postpone(chain: Chain, wakeAt: number): Chain {
  return { ...chain, wakeAt, tries: chain.tries + 1 };
}

/** The chain at its end: nothing more is done for it, and the caller's token is forgotten. */
export function close(chain: Chain, state: ClosedState, now: number): Chain {
  return forgetAddresses({
    ...chain,
    state,
    wakeAt: null,
    tries: 0,
    updatedAt: now,
    closedAt: now,
    intent: null,
    credentials: { ...chain.credentials, token: null },
  });
}

/** The chain with one more report on its way; call it before `close`, which forgets addresses nobody waits for. */
export function tell(chain: Chain, news: News, now: number): Chain {
  const report: OutgoingReport = {
    attempt: chain.runs.at(-1)?.attempt ?? 0,
    detail: null,
    dueAt: null,
    ...news,
    at: now,
    decision: chain.decision,
    tries: 0,
    nextTryAt: now,
  };
  return { ...chain, outbox: [...chain.outbox, report], updatedAt: now };
}

/** The chain without its oldest report, which was delivered or never will be. */
export function dropReport(chain: Chain): Chain {
  return forgetAddresses({ ...chain, outbox: chain.outbox.slice(1) });
}

/** The oldest report again at `nextTryAt`; those behind it wait, so that people read the story in order. */
export function delayReport(chain: Chain, nextTryAt: number): Chain {
  const [oldest, ...rest] = chain.outbox;
  if (oldest === undefined) return chain;
  return { ...chain, outbox: [{ ...oldest, tries: oldest.tries + 1, nextTryAt }, ...rest] };
}

/** Ends the chain in a person's hands, and tells them why; the account of the decision ends with it, too. */
export function handToPerson(chain: Chain, detail: string, now: number): Chain {
  return close(tell(addFact(chain, detail), { topic: 'needs-human', detail }, now), 'needs-human', now);
}

/** The chain with one more sentence in the account of its decision. */
export function addFact(chain: Chain, fact: string): Chain {
  if (chain.decision === null) return chain;
  const sentence = /[.!?]$/.test(fact) ? fact : `${fact}.`;
  return { ...chain, decision: { ...chain.decision, because: [...chain.decision.because, sentence] } };
}

function forgetAddresses(chain: Chain): Chain {
  if (chain.closedAt === null || chain.outbox.length > 0) return chain;
  return { ...chain, credentials: { token: null, slack: null, slackErrors: null } };
}
