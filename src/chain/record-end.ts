import type { Evidence } from '../evidence/evidence.ts';
import { summaryLine } from '../text/clean-text.ts';
import { findManager, type ManagedBy } from '../job/managed-by.ts';
import { type Chain, currentRun } from './chain.ts';
import { type ChainRun } from './run.ts';
import type { KeptOverrides } from './overrides.ts';
import { applySighting } from './proof.ts';

/** What is noted of a run's end. */
export interface End {
  evidence: Evidence;
  /** Whose retry the run is by its own labels; `null` where they say nothing. */
  lineage: { root: string; attempt: number } | null;
  /** The evidence's overrides, sealed. */
  overrides: KeptOverrides;
}

/**
 * Notes what the current run left behind. Where the chain began with a run that is itself a retry, because the store
 * was lost meanwhile, its labels say which attempt it was: the limit on attempts holds over both lives.
 */
export function recordEnd(chain: Chain, { evidence, lineage, overrides }: End): Chain {
  const run = currentRun(chain);
  const isFirst = chain.runs.length === 1;
  const inherited = isFirst && lineage !== null ? lineage : null;
  const { proof } = applySighting(chain, { ...evidence, prowJobId: nameRun(evidence) });
  const ended: ChainRun = {
    ...run,
    attempt: inherited?.attempt ?? run.attempt,
    status: evidence.status,
    phase: evidence.phase,
    steps: evidence.steps,
    reason: evidence.reason,
    signature: evidence.signature,
    message: summaryLine(evidence.messages),
    knownFailures: evidence.knownFailures ?? [],
    startedAt: evidence.startedAt ?? run.startedAt,
    finishedAt: evidence.finishedAt ?? run.finishedAt,
  };
  return {
    ...replaceCurrentRun(chain, ended),
    proof,
    root: inherited?.root ?? chain.root,
    reportedLocations: nameRun(evidence) === run.prowJobId ? null : chain.reportedLocations,
    managedBy: isFirst ? (managerOf(run, evidence)?.by ?? chain.managedBy) : chain.managedBy,
    type: evidence.type ?? chain.type,
    refs: evidence.refs ?? chain.refs,
    // An attempt's own also hold the rule's variables, which may differ next time.
    overrides: isFirst && evidence.type !== null ? overrides : chain.overrides,
  };
}

/** The run that the evidence's `prowjob.json` names. Evidence without a type does not come from a `prowjob.json`. */
export function nameRun({ type, prowJobId }: Evidence): string | null {
  return type === null ? null : prowJobId;
}

/** What manages the chain's current run, or else its first run; `null`: nothing does. */
export function findChainManager(chain: Chain, evidence: Evidence): ManagedBy | null {
  const { managedBy } = chain;
  const inherited = managedBy === null ? null : { by: managedBy, mark: "as the chain's first run was" };
  return managerOf(currentRun(chain), evidence) ?? inherited;
}

/** A ProwJob's name can show the manager, and is known even without a `prowjob.json`. */
function managerOf({ prowJobId }: ChainRun, evidence: Evidence): ManagedBy | null {
  return findManager({ ...evidence, prowJobId: evidence.prowJobId ?? prowJobId });
}

/** Adds what was learned of a run; the chain as it is where it no longer holds that run. */
export function patchRun(chain: Chain, prowJobId: string, patch: Partial<ChainRun>): Chain {
  if (!chain.runs.some((run) => run.prowJobId === prowJobId)) return chain;
  const runs = chain.runs.map((run) => (run.prowJobId === prowJobId ? { ...run, ...patch } : run));
  return { ...chain, runs };
}

function replaceCurrentRun(chain: Chain, run: ChainRun): Chain {
  const old = currentRun(chain);
  return { ...chain, runs: chain.runs.map((each) => (each === old ? run : each)) };
}

/** One refusal may be a proxy's in front of the bucket; the second look in a row counts. */
const looksUntilSure = 2;

/** Whether a bucket that refuses now has refused before, with no look between that it answered. */
export function isDeniedAgain(chain: Chain): boolean {
  return currentRun(chain).deniedLooks + 1 >= looksUntilSure;
}

/** The bucket refused this look, which is no fact yet. */
export function countDenied(chain: Chain): Chain {
  const { prowJobId, deniedLooks } = currentRun(chain);
  return isDeniedAgain(chain) ? chain : patchRun(chain, prowJobId, { deniedLooks: deniedLooks + 1 });
}

/** The bucket did not refuse this look. */
export function forgetDenied(chain: Chain): Chain {
  const { prowJobId, deniedLooks } = currentRun(chain);
  return deniedLooks === 0 ? chain : patchRun(chain, prowJobId, { deniedLooks: 0 });
}
