import type { Chain } from '../chain/chain.ts';
import { ownToken } from '../chain/credentials.ts';
import { tellVerified } from '../chain/tell-verified.ts';
import { type Check, fail, pass } from '../report/check.ts';
import { composeVerification, hasFailed } from '../report/compose-verification.ts';
import type { Flow } from './flow.ts';
import { inTurn } from './in-turn.ts';
import { pickToken } from './pick-token.ts';
import {
  checkBuckets,
  checkCondition,
  checkGangway,
  type Condition,
  pocJob,
  type TokenToCheck,
} from './verify-deployment.ts';

/** The deployment that is to be proved. */
export interface Deployment {
  gangwayUrl: string;
  /** Where the buckets answer, for words. */
  gcsUrl: string;
  version: string;
  condition: () => Promise<Condition>;
  /** The origin that the notification was sent to, as its sender says; `null`: it does not. */
  reachedAt: string | null;
}

/**
 * Where a notification is of the job that verifies deployments: the service checks itself, and all who hear of the
 * chain are told what came of it. It resolves at once for any other job, and never rejects: nothing that was promised
 * to the caller hangs on it.
 */
export async function verifyByNotification(flow: Flow, chain: Chain, deployment: Deployment): Promise<void> {
  if (chain.jobName !== pocJob) return;
  const { store, clock, log } = flow;
  const { version, reachedAt } = deployment;
  try {
    // Anybody may send such notifications: one after the other, they leave most of Gangway's rate to triggers.
    const checks = await inTurn(store, 'verify', () => checkAll(flow, chain, deployment));
    const now = clock.now();
    const verified = { version, publicAddress: reachedAt, at: now, by: 'notification' } as const;
    const { title, lines } = composeVerification(checks, verified);
    const detail = [title, ...lines].join('\n');
    await store.update(chain.id, (known) => tellVerified(known, chain, detail, now));
    log.info({ chain: chain.id, ok: !hasFailed(checks) }, 'deployment verified');
  } catch (error) {
    log.warn({ chain: chain.id, err: error }, 'deployment could not be verified');
  }
}

async function checkAll(
  flow: Flow,
  chain: Chain,
  { gangwayUrl, gcsUrl, condition }: Deployment,
): Promise<Check[]> {
  const all = await Promise.all([
    checkGangway(flow.api, gangwayUrl, findToken(flow, chain)),
    checkBuckets(flow.source, gcsUrl),
    condition().then((told) => checkCondition('the service itself', told)),
    checkBoard(flow),
  ]);
  return all.flat();
}

/** The token by which the chain's attempt would be made. */
function findToken(flow: Flow, chain: Chain): TokenToCheck | null {
  const picked = pickToken(flow, chain);
  if (picked === null) return null;
  const isOwn = picked.mark === ownToken.mark;
  return {
    caller: picked.caller,
    says: isOwn ? "the service's own token" : 'the token that the notification brought',
  };
}

async function checkBoard({ board }: Flow): Promise<Check[]> {
  if (board === null) return [];
  const { ok, says } = await board.check();
  return [ok ? pass('slack app', says) : fail('slack app', says)];
}
