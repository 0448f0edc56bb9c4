import type { DecisionReason } from '../../chain/decision.ts';
import { findObstacle } from '../../job/retriggerable.ts';
import type { FailedRun } from '../matchers/failed-run.ts';

/** Why a run is not for any rule to judge, and the fact that says so. */
export interface Barrier {
  reason: DecisionReason;
  because: string;
}

type Gate = (run: FailedRun) => Barrier | null;

function refuseNotFailed({ evidence }: FailedRun): Barrier | null {
  if (evidence.status !== 'SUCCESS') return null;
  return { reason: 'not-failed', because: 'The run ended in success.' };
}

/** A rehearsal tries out a change of the job itself: its failure is the author's to read. */
function refuseRehearsal({ jobName }: FailedRun): Barrier | null {
  if (!jobName.includes('rehearse')) return null;
  return { reason: 'rehearsal', because: 'The job is a rehearsal of a change to the job itself.' };
}

function refuseNotRetriggerable({ evidence: { type, refs } }: FailedRun): Barrier | null {
  const obstacle = type === null ? null : findObstacle(type, refs);
  return obstacle === null ? null : { reason: 'not-retriggerable', because: obstacle };
}

const gates: readonly Gate[] = [refuseNotFailed, refuseRehearsal, refuseNotRetriggerable];

/** The first gate that the run does not pass, success first: of a run that passed nothing else matters. */
export function findBarrier(run: FailedRun): Barrier | null {
  for (const gate of gates) {
    const barrier = gate(run);
    if (barrier !== null) return barrier;
  }
  return null;
}

/** Why a run that no rule opted in to is left alone: something else manages it (PROW.md, 6). `null`: nothing does. */
export function refuseManaged({ managedBy, evidence }: FailedRun): Barrier | null {
  if (managedBy === null) return null;
  const { by, mark } = managedBy;
  const count = evidence.labels['prow.k8s.io/re-run'];
  if (by === 'prow' && count !== undefined) {
    return {
      reason: 'retried-by-prow',
      because: `The run is Prow's own retry number ${count.slice(0, 20)}.`,
    };
  }
  const reason = by === 'prow' ? 'retried-by-prow' : 'managed-elsewhere';
  return {
    reason,
    because: `The run is managed by ${by} (${mark}), and only a rule with managed_by retries it.`,
  };
}
