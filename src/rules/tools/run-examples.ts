import type { Decision } from '../../chain/decision.ts';
import { formatDuration, hourMs } from '../../time/duration.ts';
import { decide, type JudgedRun } from '../decide/decide.ts';
import type { Example, PlacedExample } from './example-file.ts';
import type { Rule } from '../language/rule.ts';
import { emptyEvidence, type Evidence } from '../../evidence/evidence.ts';
import type { PastRun } from '../../history/past-runs.ts';
import { findManager } from '../../job/managed-by.ts';
import type { Refs, JobType } from '../../job/type.ts';
import type { DecisionContext, DecisionInputs } from '../decide/context.ts';
import type { FailedRun } from '../matchers/matcher.ts';

/** A key that came otherwise than the example expects. */
interface Difference {
  key: string;
  expected: string;
  came: string;
}

export interface ExampleResult {
  name: string;
  /** `path:line:column`. */
  place: string;
  /** None: it came as expected. */
  differences: Difference[];
  decision: Decision;
}

export interface Trial {
  examples: ExampleResult[];
  /** The names of the rules that matched in no example. */
  unreached: string[];
}

/** Decides each example by the rules, all of them together as the service would. */
export function runExamples(examples: readonly PlacedExample[], rules: readonly Rule[]): Trial {
  const reached = new Set<string>();
  const tried = examples.map(({ example, place }) => {
    const { run, facts, moment } = buildExampleInput(example);
    const judgement = decide(run, facts, rules, moment);
    for (const { rule, verdict } of judgement.trace) if (verdict === 'matches') reached.add(rule);
    return {
      name: example.name,
      place,
      differences: compare(example, judgement),
      decision: judgement.decision,
    };
  });
  return { examples: tried, unreached: rules.map(({ name }) => name).filter((name) => !reached.has(name)) };
}

function compare({ expect, evidence }: Example, { decision, plan }: JudgedRun): Difference[] {
  const attempt = plan === null ? null : evidence.attempt + 1;
  return [
    differ('outcome', expect.outcome, decision.outcome),
    differ('reason', expect.reason, decision.reason),
    differ('rule', expect.rule, decision.rule),
    differ('delay', expect.delay, plan?.delayMs ?? null, formatDuration),
    differ('attempt', expect.attempt, attempt),
  ].filter((difference) => difference !== null);
}

/** `undefined`: the example does not say. */
function differ<Value extends string | number>(
  key: string,
  expected: Value | null | undefined,
  came: Value | null,
  format: (value: Value) => string = String,
): Difference | null {
  if (expected === undefined || expected === came) return null;
  const [wanted, got] = [expected, came].map((value) => (value === null ? 'none' : format(value)));
  return { key, expected: wanted ?? '', came: got ?? '' };
}

/** What `decide` is asked in an example. */
export interface ExampleInput {
  run: FailedRun;
  facts: DecisionContext;
  moment: DecisionInputs;
}

/** The run, the facts and the moment that an example speaks of. Chance lies in the middle: no jitter. */
export function buildExampleInput(example: Example): ExampleInput {
  const { now, history } = example;
  const facts: DecisionContext = {
    pastRuns:
      history.runs === null ? null : history.runs.map((said, index) => placePastRun(said, index, now)),
    earlierSignatures: history.earlier_signatures,
    lastAttemptAt: history.last_attempt === undefined ? null : now - history.last_attempt,
    silence: example.silenced ? { ...silence, until: now + hourMs } : null,
    outage: example.in_outage ? { key: 'step of the example', jobs: 5, holdMs: hourMs } : null,
  };
  return { run: stageRun(example), facts, moment: { now, random: () => 0.5 } };
}

const silence = { id: 'example', job: '*', author: 'The example', comment: 'as it says.' };

/** What Gangway is told such a run was for, which no example needs to say. */
const refs: Refs = { org: 'org', repo: 'repo', base_ref: 'main', base_sha: '0'.repeat(40), pulls: [] };
const pulls = [{ number: 1, sha: '1'.repeat(40) }];

function stageRefs(type: JobType | null): Refs | null {
  if (type === 'presubmit') return { ...refs, pulls };
  return type === 'postsubmit' ? refs : null;
}

function stageRun({ now, evidence: said }: Example): FailedRun {
  const { job: jobName, attempt, log, labels, managed_by: by, prowjob_labels: prowJobLabels, ...told } = said;
  const evidence: Evidence = {
    ...emptyEvidence(said.status, 'example'),
    ...told,
    labels: prowJobLabels,
    knownFailures: labels.map((label) => ({ label, summary: '' })),
    logTail: log,
    refs: stageRefs(said.type),
    finishedAt: now,
  };
  const managedBy = by === null ? findManager(evidence) : { by, mark: 'as the example says' };
  return { jobName, attempt, managedBy, evidence };
}

type PastRunSaid = NonNullable<Example['history']['runs']>[number];

function placePastRun({ status, ago, attempt }: PastRunSaid, index: number, now: number): PastRun {
  const finishedAt = now - (ago ?? (index + 1) * hourMs);
  return {
    buildId: String(1000 - index),
    prowJobId: null,
    status,
    startedAt: finishedAt - hourMs,
    finishedAt,
    attempt,
  };
}
