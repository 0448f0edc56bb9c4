import type { Chain } from '../../chain/chain.ts';
import { ownToken } from '../../chain/credentials.ts';
import { trustMore } from '../../chain/proof.ts';
import { tellVerified } from '../../chain/tell-verified.ts';
import { type Check, fail, pass } from '../../report/check.ts';
import { composeVerification, hasFailed } from '../../report/compose-verification.ts';
import type { Flow } from '../flow.ts';
import { pickToken } from '../gangway/pick-token.ts';
import {
  checkBuckets,
  checkCondition,
  checkDoor,
  checkGangway,
  type Condition,
  type TokenToCheck,
} from './verify-deployment.ts';

/** The deployment that is to be proved. */
export interface Deployment {
  gangwayUrl: string;
  /** Where the buckets answer, for words. */
  gcsUrl: string;
  version: string;
  condition: () => Promise<Condition>;
  /** `RETRIGGER_PUBLIC_URL`; `null`: it is unset. */
  publicUrl: string | null;
  /** No webhook secret is set, so anyone can send notifications. */
  isOpen: boolean;
}

/** The service checks itself and reports the result to all listeners of the chain. It never rejects. */
export async function verifyByNotification(flow: Flow, chain: Chain, deployment: Deployment): Promise<void> {
  const { store, clock, log } = flow;
  const { version, publicUrl } = deployment;
  try {
    const checks = await checkAll(flow, chain, deployment);
    const now = clock.now();
    const verified = { version, publicAddress: publicUrl, at: now, by: 'notification' } as const;
    const { title, lines } = composeVerification(checks, verified);
    const detail = [title, ...lines].join('\n');
    // The check may have shown Gangway a token that nobody knew.
    const isTaken = pickToken(flow, chain)?.caller.isKnown === true;
    await store.update(chain.id, (known) =>
      tellVerified(isTaken ? trustMore(known, 'token') : known, chain, detail, now),
    );
    // If the token is not taken, our own channels are not told, so the log says what failed.
    const failed = checks.filter(({ result }) => result === 'failed').map(({ name }) => name);
    log.info({ chain: chain.id, ok: !hasFailed(checks), failed }, 'deployment verified');
  } catch (error) {
    log.warn({ chain: chain.id, err: error }, 'deployment could not be verified');
  }
}

async function checkAll(
  flow: Flow,
  chain: Chain,
  { gangwayUrl, gcsUrl, condition, isOpen }: Deployment,
): Promise<Check[]> {
  const all = await Promise.all([
    checkGangway(flow.api, gangwayUrl, findToken(flow, chain)),
    checkBuckets(flow.source, gcsUrl),
    condition().then((told) => checkCondition('the service itself', told)),
    checkBoard(flow),
  ]);
  return [...all.flat(), checkDoor(isOpen)];
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
