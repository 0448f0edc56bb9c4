import type { Trust } from '../../chain/chain.ts';
import { type Accepted, StoreLoading } from '../../chain/chain-store.ts';
import type { SealedSecret } from '../../chain/credentials.ts';
import { joinChain, openChain } from '../../chain/accept.ts';
import { newCard } from '../../notice/card-state.ts';
import type { Fingerprint, Secret } from '../../secret.ts';
import type { Notification } from '../../intake/notification.ts';
import type { Flow } from '../flow.ts';

type Acceptance = Pick<Flow, 'store' | 'seal' | 'knownTokens' | 'clock' | 'publisher' | 'firstChecks'>;

/**
 * Takes a notification in: once this answers, the failure is on disk. Nothing is fetched here, because the step
 * that calls us is part of the run and the run cannot end before we answer (PROW.md, 4).
 * Throws `StoreUnavailable` where it could not be made durable, or where too many wait for their first look.
 */
export async function acceptNotification(
  { store, seal, knownTokens, clock, publisher, firstChecks }: Acceptance,
  notification: Notification,
): Promise<Accepted> {
  const { token, slackWebhook, slackErrorsWebhook, isTrusted } = notification;
  const brought = {
    token: keep(token),
    slack: keep(slackWebhook),
    slackErrors: keep(slackErrorsWebhook),
  };
  const card = publisher === null ? null : newCard;
  const knowsToken = (fingerprint: Fingerprint): boolean => knownTokens.isKnown(fingerprint);
  const isKnown = brought.token !== null && knowsToken(brought.token.fingerprint);
  const trust: Trust = isTrusted ? 'secret' : isKnown ? 'token' : 'none';
  const chain = openChain(notification, brought, clock.now(), { card, trust });
  // What is said of a chain that is there already needs no room, and a stranger has no token that Gangway took.
  const needsRoom = trust === 'none' && !(await isThere(store, chain.id));
  if (needsRoom) await firstChecks.enter(chain.id, chain.jobName);
  try {
    const accepted = await store.accept(chain, (known) =>
      joinChain(known, notification, brought, clock.now(), { trust, knowsToken }),
    );
    // The run may be another chain's.
    if (accepted.chain.id !== chain.id) firstChecks.forget([chain.id]);
    return accepted;
  } catch (error) {
    firstChecks.forget([chain.id]);
    throw error;
  }

  function keep(secret: Secret | null): SealedSecret | null {
    return secret === null ? null : { fingerprint: seal.mark(secret), sealed: seal.close(secret) };
  }
}

/** While the store loads, a chain counts as new: the worker corrects that when it learns of the chain. */
async function isThere(store: Acceptance['store'], id: string): Promise<boolean> {
  try {
    return (await store.get(id)) !== null;
  } catch (error) {
    if (error instanceof StoreLoading) return false;
    throw error;
  }
}
