import { createHash } from 'node:crypto';
import type { RunId } from '../job/run.ts';
import type { Chain, ChainRun, Trust } from './chain.ts';
import { type NotificationSecrets, mergeSecrets, noCredentials } from './credentials.ts';
import { noKeptOverrides } from './overrides.ts';
import type { CardState } from './card-state.ts';

/** A chain's id follows from its first run, so two nodes that hear of one run speak of one chain. */
export function chainIdOf(prowJobId: string): string {
  return createHash('sha256').update(prowJobId).digest('hex').slice(0, 20);
}

/** How a chain begins, beyond what its notification says. */
interface Beginning {
  /** `null`: there is no channel for a message of its own. */
  card?: CardState | null;
  trust?: Trust;
}

/** A chain for a run that was just reported as failed; its first look is due at once. */
export function openChain(
  run: RunId,
  brought: NotificationSecrets,
  now: number,
  { card = null, trust = 'none' }: Beginning = {},
): Chain {
  return {
    id: chainIdOf(run.prowJobId),
    jobName: run.jobName,
    state: 'judging',
    createdAt: now,
    updatedAt: now,
    closedAt: null,
    root: run.prowJobId,
    runs: [openRun(run.prowJobId, run.buildId, 0, now)],
    managedBy: null,
    type: null,
    refs: null,
    decision: null,
    intent: null,
    overrides: noKeptOverrides,
    envs: {},
    hold: null,
    demanded: false,
    attempted: 0,
    delayTold: 0,
    rejectedTold: [],
    refusedAt: null,
    wakeAt: now,
    tries: 0,
    outbox: [],
    card,
    muted: null,
    ruling: null,
    credentials: mergeSecrets(noCredentials, brought),
    proof: 'none',
    trust,
    isVerified: false,
    claims: [],
    lacks: null,
    reopened: 0,
  };
}

export function openRun(prowJobId: string, buildId: string | null, attempt: number, now: number): ChainRun {
  return {
    attempt,
    prowJobId,
    buildId,
    folder: null,
    url: null,
    status: null,
    phase: null,
    steps: [],
    reason: null,
    signature: null,
    message: null,
    knownFailures: [],
    startedAt: null,
    finishedAt: null,
    openedAt: now,
    endSeenAt: null,
    lateLooks: 0,
    deniedLooks: 0,
    placeLooks: 0,
    gangwayCalls: 0,
  };
}
