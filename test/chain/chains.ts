import { applyDecision } from '../../src/chain/decide.ts';
import { beginAttempt, recordCreated, recordTokenRefused } from '../../src/chain/attempt.ts';
import type { Chain } from '../../src/chain/chain.ts';
import type { Decision, DecisionReason, Reason } from '../../src/chain/decision.ts';
import type { KeptToken, SealedSecret } from '../../src/chain/credentials.ts';
import { noKeptOverrides } from '../../src/chain/overrides.ts';
import { move } from '../../src/chain/move.ts';
import { openChain, type Sender } from '../../src/chain/accept.ts';
import { endDelivery, nextDelivery } from '../../src/chain/outbox.ts';
import { recordEnd } from '../../src/chain/record-end.ts';
import { emptyEvidence } from '../../src/evidence/evidence.ts';

export const t0 = Date.UTC(2026, 5, 12, 10);
export const minute = 60_000;
export const now = t0 + minute;
export const run = { jobName: 'periodic-ci-a', prowJobId: 'run-0', buildId: '1930000000000000001' };
export const brought = { token: marked('T'), slack: marked('S'), slackErrors: marked('E') };
export const opened = openChain(run, brought, t0);
export const evidence = {
  ...emptyEvidence('FAILURE', 'run-0'),
  type: 'periodic' as const,
  phase: 'pre' as const,
};
export const judged = recordEnd(opened, { evidence, lineage: null, overrides: noKeptOverrides });
export const next = { delayMs: 30 * minute, envs: { X: '1' }, hold: null };
export const scheduled = applyDecision(judged, decisionOf('retry', 'matched'), next, now);
/** The attempt was due at `now + 30m`; another chain goes first. */
export const hold = {
  key: 'step ipi-install',
  since: now,
  until: now + 120 * minute,
  dueAt: now + 30 * minute,
  canary: { id: 'canary', attempt: 1 },
  announced: false,
};
export const held = applyDecision(judged, decisionOf('hold', 'outage'), { ...next, hold }, now);
export const triggering = beginAttempt(scheduled, now + minute, now);
export const following = recordCreated(triggering, { prowJobId: 'run-1', buildId: null }, now + minute, now);
export const closed = closeAs(opened, 'skipped', now);

/** Anyone may send a notification. */
export const stranger: Sender = { trust: 'none', knowsToken: () => false };

/** The chain as if it had ended, from whatever open state. */
export function closeAs(chain: Chain, state: 'passed' | 'skipped', at: number): Chain {
  const refused = move(chain, 'refused', { state: 'skipped', closedAt: at, missing: null }, at);
  return refused.state === 'skipped' ? { ...refused, state } : refused;
}

export function decisionOf(outcome: Decision['outcome'], reason: DecisionReason): Decision {
  return { outcome, reason, rule: null, because: [note('Because.')] };
}

/** A fact that only has words. */
export function note(text: string): Reason {
  return { kind: 'note', text };
}

/** What the first report says of the attempt's time, in ms since the epoch; `null`: nothing. */
export function dueAtOf({ outbox }: Chain): number | null {
  const [report] = outbox;
  return report?.topic === 'scheduled' ? report.dueAt : null;
}

/** A secret as a notification brings it, sealed. */
export function marked(secret: string): SealedSecret {
  return { fingerprint: `mark of ${secret}`, sealed: secret };
}

/** The chain after its next report reached everybody. */
export function dropReport(chain: Chain): Chain {
  const delivery = nextDelivery(chain);
  if (delivery === null) return chain;
  const everybody = delivery.report.to.map(({ id }) => id);
  return endDelivery(chain, delivery, everybody);
}

export function withoutReports(chain: Chain): Chain {
  return chain.outbox.reduce(dropReport, chain);
}

/** The chain after Gangway rejected its next attempt with this token. */
export function refuseToken(chain: Chain, secret: string, detail: string, at: number): Chain {
  const sent = chain.state === 'scheduled' ? beginAttempt(chain, at, at) : chain;
  return recordTokenRefused(sent, tokenOf(secret), detail, at);
}

/** A token as a chain keeps it. */
export function tokenOf(secret: string): KeptToken {
  return { kind: 'caller', ...marked(secret) };
}

/** What seals the tokens that the chain may go by. */
export function tokensOf({ credentials }: Chain): (string | null)[] {
  return credentials.tokens.map((token) => (token.kind === 'own' ? null : token.sealed));
}
