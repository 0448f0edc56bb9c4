import { applyDecision } from '../chain/apply-decision.ts';
import { type Chain, currentRun } from '../chain/chain.ts';
import { recordEnd } from '../chain/record-end.ts';
import type { Decision } from '../chain/decision.ts';
import type { Evidence } from '../evidence/evidence.ts';
import { decide } from '../rules/decide.ts';
import { readLineage } from '../trigger/lineage.ts';
import type { Flow } from './flow.ts';

/** Decides on the chain's current run, which has ended, and writes down what follows from it. */
export async function judgeRun(flow: Flow, chain: Chain, evidence: Evidence): Promise<void> {
  const now = flow.clock.now();
  const { prowJobId } = currentRun(chain);
  const isForeign = evidence.prowJobId !== null && evidence.prowJobId !== prowJobId;
  const judged = await flow.store.update(chain.id, (known) => {
    const isSameTask = known.state === chain.state && currentRun(known).prowJobId === prowJobId;
    if (!isSameTask) return known;
    if (isForeign) return applyDecision(known, refuseForeign(evidence, prowJobId), null, now);
    const ended = recordEnd(known, { evidence, lineage: readLineage(evidence) });
    const { attempt } = currentRun(ended);
    const { decision, delayMs } = decide({ jobName: known.jobName, attempt, evidence }, flow.rules());
    return applyDecision(ended, decision, delayMs, now);
  });
  const { state, decision } = judged ?? chain;
  flow.log.info({ chain: chain.id, job: chain.jobName, state, reason: decision?.reason }, 'judged');
}

/** The build id belongs to another run, whose evidence says nothing of this one. */
function refuseForeign(evidence: Evidence, prowJobId: string): Decision {
  const because = [`The build's prowjob.json is of run ${evidence.prowJobId}, not of ${prowJobId}.`];
  return { outcome: 'skip', reason: 'evidence-missing', rule: null, because };
}
