import type { Outside } from '../app.ts';
import type { Config } from '../config.ts';
import { fetchJson } from '../evidence/fetch-artifact.ts';
import { gatherEvidence } from '../evidence/gather-evidence.ts';
import { readFinished } from '../evidence/read-finished.ts';
import { readOnce } from '../evidence/read-once.ts';
import type { Clock } from '../flow/clock.ts';
import { runUrl } from '../job/run-url.ts';
import { decide } from '../rules/decide.ts';
import { examineRule } from '../rules/examine-rule.ts';
import type { Facts } from '../rules/facts.ts';
import type { FailedRun } from '../rules/failed-run.ts';
import { findNearestMiss } from '../rules/find-nearest-miss.ts';
import type { Rule } from '../rules/rule.ts';
import { readLineage } from '../trigger/lineage.ts';
import { describeEvidence, describeJudgement, describePast, type Explained } from './describe-explanation.ts';
import { type FoundRun, findRun } from './find-run.ts';
import { readBucketFacts } from './read-bucket-facts.ts';
import { answer, CommandFailure, type ExitCode, type Terminal } from './terminal.ts';

const notEnded = 'The run has not ended yet: nothing is decided; ask again then.';

interface Bench {
  config: Config;
  source: Outside['source'];
  rules: readonly Rule[];
  clock: Clock;
}

/**
 * Shows what a past run left behind and what the rules of today make of it, as of the run's end, because its history
 * is that of then; nothing is triggered or kept. Chance lies in the middle: the delay is told without jitter.
 */
export async function explain(
  { config, source, rules, clock }: Bench,
  terminal: Terminal,
  words: readonly string[],
  { json }: { json: boolean },
): Promise<ExitCode> {
  const run = await findRun(config, source, words);
  const once = readOnce(source);
  const evidence = await gatherEvidence(once, run.folder);
  const attempt = readLineage(evidence)?.attempt ?? 0;
  const isEnded = await hasEnded(once, run);
  const { logTail: _, retryable: __, ...shown } = evidence;
  const url = runUrl(config.prowUrl, config.gcsBucket, run.folder);
  const head = {
    job_name: run.jobName,
    build_id: run.buildId,
    url,
    attempt,
    ended: isEnded,
    evidence: shown,
  };
  const left = describeEvidence(evidence, attempt);
  if (!isEnded) {
    answer(terminal, json, head, [url, '', notEnded, '', ...left]);
    return 1;
  }
  const now = evidence.finishedAt ?? clock.now();
  const past = await readBucketFacts(source, run, evidence, now);
  const explained = judge({ jobName: run.jobName, attempt, evidence }, past.facts, rules, now);
  const { unasked, trace, nearest, ...judgement } = explained;
  const expired = rules.filter(({ expires = Infinity }) => now < expires && expires <= clock.now());
  const view = {
    ...head,
    judged_at: new Date(now).toISOString(),
    past: past.view,
    ...judgement,
    trace: [...trace, ...unasked],
    nearest_miss: nearest,
    not_asked: unasked.map(({ rule }) => rule),
    expired_since: expired.map(({ name }) => name),
  };
  answer(terminal, json, view, [
    url,
    '',
    ...left,
    '',
    ...describePast(past.view),
    '',
    ...describeJudgement(explained, past.view),
    ...(nearest === null ? [] : [`The nearest miss is rule ${nearest}.`]),
    ...expired.map(({ name }) => `Rule ${name} has expired since this run.`),
  ]);
  return 0;
}

/** `finished.json` is written last: a run without one that can be read has not ended. */
async function hasEnded(source: Outside['source'], { folder }: FoundRun): Promise<boolean> {
  const finished = await fetchJson(source, folder, 'finished.json', readFinished);
  if (!finished.retryable) return finished.value !== null;
  throw new CommandFailure(`Whether the run has ended could not be read: ${finished.gaps.join(', ')}.`);
}

/** The decision, and how the rules fare that it did not ask; of a run that passed none is asked. */
function judge(
  run: FailedRun,
  facts: Facts,
  rules: readonly Rule[],
  now: number,
): Explained & { nearest: string | null } {
  const judgement = decide(run, facts, rules, { now, chance: () => 0.5 });
  const { decision, trace } = judgement;
  const later = decision.reason === 'not-failed' ? [] : rules.slice(trace.length);
  const unasked = later.map((rule) => examineRule(rule, run, now));
  const isMissed = decision.reason === 'no-rule-matched';
  return { ...judgement, unasked, nearest: isMissed ? (findNearestMiss(trace, rules)?.rule ?? null) : null };
}
