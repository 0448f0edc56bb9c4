import { formatGap } from '../evidence/gap.ts';
import { type Explaining, explainRun } from '../flow/requests/explain-run.ts';
import {
  describeExplanation,
  describeUnended,
  type Explanation,
  type SeenRun,
} from '../report/explanation.ts';
import { describeReasons } from '../report/reasons.ts';
import { answer, CommandFailure, type ExitCode, type Terminal } from './terminal.ts';

/** Shows what a past run left behind and what the rules of today make of it. */
export async function explain(
  deps: Explaining,
  terminal: Terminal,
  words: readonly string[],
  { json }: { json: boolean },
): Promise<ExitCode> {
  const explained = await explainRun(deps, words);
  switch (explained.kind) {
    case 'explained':
      answer(
        terminal,
        json,
        viewExplanation(explained.explanation),
        describeExplanation(explained.explanation),
      );
      return 0;
    case 'not-ended':
      answer(terminal, json, viewRun(explained.run, false), describeUnended(explained.run));
      return 1;
    case 'absent':
    case 'denied':
    case 'unavailable':
      throw new CommandFailure(explained.says);
    case 'malformed':
      throw new CommandFailure(explained.says, 2);
  }
}

function viewRun({ jobName, buildId, url, attempt, managedBy, evidence }: SeenRun, isEnded: boolean): object {
  const { logTail: _, retryable: __, settled: ___, overrides, ...shown } = evidence;
  // Their values may be secrets.
  const named = { ...overrides, envs: Object.keys(overrides.envs) };
  return {
    job_name: jobName,
    build_id: buildId,
    url,
    attempt,
    managed_by: managedBy,
    ended: isEnded,
    evidence: { ...shown, overrides: named, gaps: evidence.gaps.map(formatGap) },
  };
}

function viewExplanation({ run, judgedAt, past, judgement, nearest, expired }: Explanation): object {
  const { unasked, trace, plan, decision, ...rest } = judgement;
  return {
    ...viewRun(run, true),
    judged_at: new Date(judgedAt).toISOString(),
    past,
    ...rest,
    decision: { ...decision, because: describeReasons(decision.because) },
    plan: plan === null ? null : { ...plan, envs: Object.keys(plan.envs) },
    trace: [...trace, ...unasked],
    nearest_miss: nearest,
    not_asked: unasked.map(({ rule }) => rule),
    expired_since: expired,
  };
}
