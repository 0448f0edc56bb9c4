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

/** A key whose value differs from the example's. */
interface Difference {
  key: string;
  expected: string;
  came: string;
}

export interface ExampleResult {
  name: string;
  /** `path:line:column`. */
  place: string;
  /** Empty: the decision is as expected. */
  differences: Difference[];
  decision: Decision;
}

export interface ExampleReport {
  examples: ExampleResult[];
  /** The names of the rules that matched in no example. */
  unreached: string[];
}

/** Decides each example by the rules, all of them together as the service would. */
export function runExamples(examples: readonly PlacedExample[], rules: readonly Rule[]): ExampleReport {
  const reached = new Set<string>();
  const results = examples.map(({ example, place }) => {
    const { run, facts, moment } = buildExampleInput(example);
    const judged = decide(run, facts, rules, moment);
    for (const { rule, verdict } of judged.trace) if (verdict === 'matches') reached.add(rule);
    return {
      name: example.name,
      place,
      differences: compare(example, judged),
      decision: judged.decision,
    };
  });
  return { examples: results, unreached: rules.map(({ name }) => name).filter((name) => !reached.has(name)) };
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
interface ExampleInput {
  run: FailedRun;
  facts: DecisionContext;
  moment: DecisionInputs;
}

/** The run, the facts and the moment of an example. Chance is in the middle: no jitter. */
function buildExampleInput(example: Example): ExampleInput {
  const { now, history } = example;
  const facts: DecisionContext = {
    pastRuns:
      history.runs === null ? null : history.runs.map((written, index) => buildPastRun(written, index, now)),
    earlierSignatures: history.earlier_signatures,
    lastAttemptAt: history.last_attempt === undefined ? null : now - history.last_attempt,
    silence: example.silenced ? { ...silence, until: now + hourMs } : null,
    outage: example.in_outage ? { key: 'step of the example', jobs: 5, holdMs: hourMs } : null,
  };
  return { run: buildRun(example), facts, moment: { now, random: () => 0.5 } };
}

const silence = { id: 'example', job: '*', author: 'The example', comment: 'as it says.' };

/** The source of such a run, which no example needs to name. */
const refs: Refs = { org: 'org', repo: 'repo', base_ref: 'main', base_sha: '0'.repeat(40), pulls: [] };
const pulls = [{ number: 1, sha: '1'.repeat(40) }];

function buildRefs(type: JobType | null): Refs | null {
  if (type === 'presubmit') return { ...refs, pulls };
  return type === 'postsubmit' ? refs : null;
}

function buildRun({ now, evidence: written }: Example): FailedRun {
  const {
    job: jobName,
    attempt,
    log,
    labels,
    managed_by: by,
    prowjob_labels: prowJobLabels,
    ...same
  } = written;
  const evidence: Evidence = {
    ...emptyEvidence(written.status, 'example'),
    ...same,
    labels: prowJobLabels,
    knownFailures: labels.map((label) => ({ label, summary: '' })),
    logTail: log,
    refs: buildRefs(written.type),
    finishedAt: now,
  };
  const managedBy = by === null ? findManager(evidence) : { by, mark: 'as the example says' };
  return { jobName, attempt, managedBy, evidence };
}

type WrittenPastRun = NonNullable<Example['history']['runs']>[number];

function buildPastRun({ status, ago, attempt }: WrittenPastRun, index: number, now: number): PastRun {
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
