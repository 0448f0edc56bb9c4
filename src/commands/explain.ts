import type { Outside } from '../app.ts';
import type { Config } from '../config.ts';
import { gatherEvidence } from '../evidence/gather-evidence.ts';
import type { Clock } from '../flow/clock.ts';
import { runUrl } from '../job/run-url.ts';
import { decide } from '../rules/decide.ts';
import { findNearestMiss } from '../rules/find-nearest-miss.ts';
import type { Rule } from '../rules/rule.ts';
import { readLineage } from '../trigger/lineage.ts';
import { describeEvidence, describeJudgement, describePast } from './describe-explanation.ts';
import { findRun } from './find-run.ts';
import { readBucketFacts } from './read-bucket-facts.ts';
import { answer, type ExitCode, type Terminal } from './terminal.ts';

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
  const evidence = await gatherEvidence(source, run.folder);
  const now = evidence.finishedAt ?? clock.now();
  const past = await readBucketFacts(source, run, evidence, now);
  const attempt = readLineage(evidence)?.attempt ?? 0;
  const judged = { jobName: run.jobName, attempt, evidence };
  const judgement = decide(judged, past.facts, rules, { now, chance: () => 0.5 });
  const url = runUrl(config.prowUrl, config.gcsBucket, run.folder);
  const names = rules.map(({ name }) => name);
  const isDecided = judgement.decision.rule !== null;
  const nearest = isDecided ? null : (findNearestMiss(judgement.trace)?.rule ?? null);
  const expired = rules.filter(({ expires = Infinity }) => now < expires && expires <= clock.now());
  const { logTail: _, retryable: __, ...shown } = evidence;
  const view = {
    job_name: run.jobName,
    build_id: run.buildId,
    url,
    attempt,
    judged_at: new Date(now).toISOString(),
    evidence: shown,
    past: past.view,
    ...judgement,
    nearest_miss: nearest,
    not_looked_at: names.slice(judgement.trace.length),
    expired_since: expired.map(({ name }) => name),
  };
  answer(terminal, json, view, [
    url,
    '',
    ...describeEvidence(evidence, attempt),
    '',
    ...describePast(past.view),
    '',
    ...describeJudgement(judgement, names),
    ...(nearest === null ? [] : [`The nearest miss is rule ${nearest}.`]),
    ...expired.map(({ name }) => `Rule ${name} has expired since this run.`),
  ]);
  return 0;
}
