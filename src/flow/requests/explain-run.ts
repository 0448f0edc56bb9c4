import type { Decision } from '../../chain/decision.ts';
import { listCarried } from '../../chain/overrides.ts';
import { describeMiss, readOnce } from '../../evidence/artifacts/artifact-source.ts';
import { gatherEvidence } from '../../evidence/gather-evidence.ts';
import { readEnd, type RunEnd } from '../../evidence/artifacts/metadata.ts';
import type { RunRecords } from '../../evidence/artifacts/run-records.ts';
import { readLineage } from '../../trigger/lineage.ts';
import { findManager } from '../../job/managed-by.ts';
import { runUrl } from '../../job/run.ts';
import type { Explained, ExplainedRun, SeenRun } from '../../report/explanation.ts';
import { decide } from '../../rules/decide/decide.ts';
import { examineRule, findNearestMiss } from '../../rules/decide/examine-rule.ts';
import type { DecisionContext } from '../../rules/decide/context.ts';
import type { FailedRun } from '../../rules/matchers/matcher.ts';
import type { Rule } from '../../rules/language/rule.ts';
import { findRun } from './find-run.ts';
import type { Flow, FlowSettings } from '../flow.ts';
import { readBucketFacts } from './bucket-facts.ts';
import { readLabels, withFinalLabels } from '../observe/labels.ts';

export type Explaining = Pick<Flow, 'source' | 'clock' | 'rules'> & {
  records: RunRecords;
  settings: Pick<FlowSettings, 'prowUrl'>;
};

/**
 * What a past run left behind and what the rules of today make of it, as of the run's end, because its history is that
 * of then; nothing is triggered or kept. `place`: a job and a build id, or an address of the run. Chance lies in the
 * middle: the delay is told without jitter.
 */
export async function explainRun(
  { source, records, clock, rules, settings: { prowUrl } }: Explaining,
  place: readonly string[],
): Promise<ExplainedRun> {
  const found = await findRun({ source, records }, place);
  if (found.kind !== 'found') return found;
  const { jobName, buildId, folder } = found.run;
  const once = readOnce(source);
  const [gathered, known] = await Promise.all([
    gatherEvidence(once, folder),
    readLabels({ source, clock }, folder),
  ]);
  const evidence = withFinalLabels(gathered, known);
  const managedBy = findManager(evidence);
  const attempt = readLineage(evidence)?.attempt ?? 0;
  const { end } = await readEnd(once, folder);
  const run = { jobName, buildId, url: runUrl(prowUrl, folder), attempt, managedBy, evidence };
  if (end.kind !== 'ended') return describeUnended(run, end);
  const all = rules().rules;
  const judgedAt = evidence.finishedAt ?? clock.now();
  const since = { endedAt: judgedAt, windowMs: windowOf(all) };
  const past = await readBucketFacts(source, found.run, evidence, since);
  const { nearest, ...judgement } = explainDecision(
    { jobName, attempt, managedBy, evidence },
    past.facts,
    all,
    judgedAt,
  );
  const expired = all.filter(({ expires = Infinity }) => judgedAt < expires && expires <= clock.now());
  const names = expired.map(({ name }) => name);
  const explanation = { run, judgedAt, past: past.view, judgement, nearest, expired: names };
  return { kind: 'explained', explanation };
}

/** What is said of a run whose end does not show. */
function describeUnended(run: SeenRun, end: Exclude<RunEnd, { kind: 'ended' }>): ExplainedRun {
  if (end.kind === 'unavailable') {
    return { kind: 'unavailable', says: `Whether the run has ended could not be read: ${end.why}.` };
  }
  if (end.kind === 'denied') {
    return { kind: 'unavailable', says: `The run cannot be read: ${describeMiss(end)}.` };
  }
  const { prowJobId, startedAt, logTail } = run.evidence;
  const isThere = prowJobId !== null || startedAt !== null || logTail !== null;
  if (isThere) return { kind: 'not-ended', run };
  return { kind: 'absent', says: `There is nothing of such a run at ${run.url}: is the address right?` };
}

/** The longest time over which a rule counts failures in a row; 14 days if none does. */
function windowOf(rules: readonly Rule[]): number {
  const windows = rules.flatMap(({ history }) =>
    history?.max_consecutive_failures === undefined ? [] : [history.window],
  );
  return windows.length === 0 ? defaultWindowMs : Math.max(...windows);
}

const defaultWindowMs = 14 * 24 * 60 * 60_000;

/** The decision, and how the rules fare that it did not ask; of a run that passed none is asked. */
function explainDecision(
  run: FailedRun,
  facts: DecisionContext,
  rules: readonly Rule[],
  now: number,
): Explained & { nearest: string | null } {
  const { decision: bare, ...judgement } = decide(run, facts, rules, { now, random: () => 0.5 });
  const { trace, plan } = judgement;
  const decision = plan === null ? bare : addOverrides(bare, run, plan.envs);
  const later = decision.reason === 'not-failed' ? [] : rules.slice(trace.length);
  const unasked = later.map((rule) => examineRule(rule, run, now));
  const isMissed = decision.reason === 'no-rule-matched' || decision.reason === 'managed-elsewhere';
  const nearest = isMissed ? (findNearestMiss(trace, rules)?.rule ?? null) : null;
  return { ...judgement, decision, unasked, nearest };
}

/** The account of a retry says what goes along, by name only. */
function addOverrides(decision: Decision, { evidence }: FailedRun, envs: Record<string, string>): Decision {
  const { envs: had, notCarried } = evidence.overrides;
  const said = listCarried({ names: Object.keys(had), notCarried }, envs);
  return { ...decision, because: [...decision.because, ...said] };
}
