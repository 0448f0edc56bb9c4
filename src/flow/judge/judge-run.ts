import { applyDecision } from '../../chain/decide.ts';
import { type Chain, currentRun, holdOf, type RuleInfo } from '../../chain/chain.ts';
import type { Decision, Reason } from '../../chain/decision.ts';
import { keepOverrides, listCarried, listStart } from '../../chain/overrides.ts';
import { useNextLocation } from '../../chain/location.ts';
import { escalate, move } from '../../chain/move.ts';
import { whyUnheard } from '../../chain/proof.ts';
import { type End, findChainManager, nameRun, patchRun, recordEnd } from '../../chain/record-end.ts';
import type { Evidence } from '../../evidence/evidence.ts';
import { readLineage } from '../../trigger/lineage.ts';
import { type DecisionContext, emptyContext } from '../../rules/decide/context.ts';
import type { FailedRun } from '../../rules/matchers/matcher.ts';
import { decide, findLacking, type Lacking } from '../../rules/decide/decide.ts';
import type { Rule, RuleSet } from '../../rules/language/rule.ts';
import { waitForEvidence, hasGrace } from './wait-for-evidence.ts';
import { concludeTask } from '../state/change-task.ts';
import type { Flow } from '../flow.ts';
import { findLastAttempt, gatherFacts } from './gather-facts.ts';
import { handOverToOwner } from '../attempt/adopt-run.ts';
import { detectOutage } from '../outage/detect-outage.ts';
import { joinOutage, reviewHold } from '../outage/review-hold.ts';

/** Decides on the chain's current run, which has ended, and writes down what follows from it. */
export async function judgeRun(flow: Flow, chain: Chain, evidence: Evidence): Promise<void> {
  if (await leaveForeign(flow, chain, evidence)) return;
  const lineage = readLineage(evidence);
  if (chain.runs.length === 1 && lineage !== null && (await handOverToOwner(flow, chain, lineage))) return;
  const facts = await gatherFacts(flow, chain, evidence.status);
  const { rules } = flow.rules();
  const settled = settleLabels(flow, chain, evidence);
  const end: End = { evidence: settled, lineage, overrides: keepOverrides(settled.overrides, flow.seal) };
  const run = runOf(recordEnd(chain, end), settled);
  const lacking = findLacking(run, { ...emptyContext, ...facts }, rules, flow.clock.now());
  const isLost = lacking !== 'labels' && facts.isPastTooLarge;
  if (lacking !== null && !isLost && mayCome(flow, chain, lacking)) {
    return waitForEvidence(flow, chain, { ...evidence, prowJobId: nameRun(evidence) });
  }
  // Whether many jobs fail alike, and when a job's next attempt may be, is told by all chains together, so their
  // decisions are made one after the other.
  const judged = await flow.locks.run('outage', () => change(flow, chain, end, { ...facts, rules }));
  if (judged === null) return;
  // A canary that is tried once more is none any longer, and may even wait in another outage, so its chain does not say
  // by itself that the hold is over.
  const { canaryOf } = chain;
  if (canaryOf !== null && holdOf(judged)?.key !== canaryOf.key) await reviewHold(flow, canaryOf.key);
  const { state, decision } = judged;
  const unheard = whyUnheard(judged) ?? undefined;
  flow.log.info({ chain: chain.id, job: chain.jobName, state, reason: decision?.reason, unheard }, 'judged');
}

/** What a `prowjob.json` names; `null`: nothing. */
export type Named = Pick<Evidence, 'prowJobId' | 'jobName' | 'type'>;

/** What is wrong if a `prowjob.json` is not that of the chain's run. */
type Foreign =
  /** Of a first run: the location came with the notification, and another may be known. */
  | { kind: 'location'; reason: Reason }
  /** Of an attempt: whoever told the build id was wrong, and it is looked for again. */
  | { kind: 'build' }
  /** What Gangway named as the attempt is a run of another job. */
  | { kind: 'run'; reason: Reason };

/** Sets aside what is another run's, whose evidence says nothing of this one. `false`: `named` does not say so. */
export async function leaveForeign(flow: Flow, chain: Chain, named: Named): Promise<boolean> {
  const foreign = classifyForeign(chain, named);
  if (foreign !== null) await concludeTask(flow, chain, (known) => applyForeign(flow, known, foreign));
  return foreign !== null;
}

/** For a first run, the `prowjob.json` must also name the job of the notification. */
function classifyForeign(chain: Chain, { prowJobId, jobName, type }: Named): Foreign | null {
  const { prowJobId: ownRun, attempt } = currentRun(chain);
  const ownJob = chain.jobName;
  const isOwn = prowJobId === ownRun;
  const otherJob = jobName === ownJob ? null : jobName;
  if (chain.runs.length > 1) {
    if (prowJobId !== null && !isOwn) return { kind: 'build' };
    if (otherJob === null) return null;
    const run = { prowJobId: ownRun, attempt, jobName: otherJob };
    return { kind: 'run', reason: { kind: 'run-of-another-job', ...run } };
  }
  if (isOwn && otherJob !== null)
    return { kind: 'location', reason: { kind: 'build-of-another-job', jobName: otherJob, ownJob } };
  if (otherJob === null && (isOwn || type === null)) return null;
  return { kind: 'location', reason: { kind: 'build-of-another-run', prowJobId, ownRun } };
}

function applyForeign({ clock, settings }: Flow, known: Chain, foreign: Foreign): Chain {
  const now = clock.now();
  const wakeAt = now + settings.pollMs;
  switch (foreign.kind) {
    case 'location': {
      const elsewhere = useNextLocation(known, now);
      if (elsewhere !== null) return move(elsewhere, 'relocated', { state: 'judging', wakeAt }, now);
      const because = [foreign.reason];
      return applyDecision(
        known,
        { outcome: 'skip', reason: 'evidence-missing', rule: null, because },
        null,
        now,
      );
    }
    case 'build': {
      const nowhere = { buildId: null, folder: null, url: null, endSeenAt: null };
      const lost = patchRun(known, currentRun(known).prowJobId, nowhere);
      return move(lost, 'relocated', { state: 'following', wakeAt }, now);
    }
    case 'run':
      return escalate(known, foreign.reason, now);
  }
}

/** Labels come late or never: once their time is over, having none is an answer. */
function settleLabels(flow: Flow, chain: Chain, evidence: Evidence): Evidence {
  if (evidence.knownFailures !== null || hasGrace(flow, chain, 'labels')) return evidence;
  return { ...evidence, knownFailures: [] };
}

/** Whether what the decision depends on can still come. Labels lack while they may come; a history needs a folder. */
function mayCome(flow: Flow, chain: Chain, lacking: Lacking): boolean {
  if (lacking === 'labels') return true;
  return currentRun(chain).folder !== null && hasGrace(flow, chain, 'unavailable');
}

/** The current run of a chain whose end is noted, as the rules see it. */
function runOf(ended: Chain, evidence: Evidence): FailedRun {
  const { attempt } = currentRun(ended);
  return { jobName: ended.jobName, attempt, managedBy: findChainManager(ended, evidence), evidence };
}

async function change(
  flow: Flow,
  chain: Chain,
  end: End,
  { rules, ...facts }: Omit<DecisionContext, 'outage' | 'lastAttemptAt'> & Pick<RuleSet, 'rules'>,
): Promise<Chain | null> {
  const now = flow.clock.now();
  const { evidence } = end;
  const outage = await detectOutage(flow, chain, evidence);
  const lastAttemptAt = await findLastAttempt(flow, chain);
  const judged = await concludeTask(flow, chain, (known) => {
    const ended = recordEnd(known, end);
    const moment = { now, random: flow.random };
    const all = { ...facts, lastAttemptAt, outage: outage.match };
    const { decision, plan } = decide(runOf(ended, evidence), all, rules, moment);
    const hold = decision.outcome === 'hold' ? outage.holdFor(now + (plan?.delayMs ?? 0)) : null;
    // Where no rule decides, or the attempt passed, the rule that led here stays the chain's.
    const ruled = { ...ended, ruleInfo: ruleInfoOf(rules, decision) ?? ended.ruleInfo };
    const started = plan === null ? listStart(ended.overrides) : listCarried(ended.overrides, plan.envs);
    const settled = { ...decision, because: [...decision.because, ...started] };
    return applyDecision(ruled, settled, plan === null ? null : { ...plan, hold }, now);
  });
  if (judged !== null) await joinOutage(flow, judged, outage.match);
  return judged;
}

/** What the rule that decided says of itself; kept in the chain, because the rules may be others when people are told. */
function ruleInfoOf(rules: readonly Rule[], decision: Decision): RuleInfo | null {
  const rule = rules.find(({ name }) => name === decision.rule);
  if (rule === undefined) return null;
  const { owner = null, issue = null, channel = null } = rule;
  return { owner, issue, channel };
}
