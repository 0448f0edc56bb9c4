import type { Decision } from '../../src/chain/decision.ts';
import { openChain } from '../../src/chain/accept.ts';
import { type Chain } from '../../src/chain/chain.ts';
import { openRun } from '../../src/chain/run.ts';
import { move } from '../../src/chain/move.ts';

const hourMs = 60 * 60_000;
const brought = { token: null, slack: null, slackErrors: null };

/**
 * The chain of a run that failed and whose retry passed, as the flow leaves it. `age` 0 is the newest of its job; the
 * chains of all jobs are mixed in time. With `age` 0, that of every twentieth job still waits for its retry.
 */
export function makeEndedChain(jobName: string, job: number, age: number, now = Date.now()): Chain {
  const at = now - (age + 1) * 20 * hourMs + (job % 1_000) * 1_000;
  const prowJobId = makeId(job, age, 1);
  const opened = openChain({ jobName, prowJobId, buildId: makeBuild(job, age, 1) }, brought, at);
  const failed = {
    ...ended(opened.runs[0] ?? openRun(prowJobId, null, 0, at), jobName, at),
    status: 'FAILURE' as const,
    phase: 'pre' as const,
    steps: ['ipi-install-install'],
    reason: 'executing_graph:step_failed:utilizing_lease:executing_test:executing_multi_stage_test',
    signature: 'd073610dd21a0683',
    message: 'level=error msg=Cluster initialization failed because one or more operators are not working',
  };
  const decision: Decision = {
    outcome: 'retry',
    reason: 'matched',
    rule: 'setup-failure',
    because: [
      { kind: 'failed', status: 'FAILURE', phase: 'pre', steps: ['ipi-install-install'], reason: null },
      { kind: 'plan', attempt: 1, attempts: 1, delayMs: hourMs / 2 },
    ],
  };
  const judged: Chain = {
    ...opened,
    proof: 'failed',
    trust: 'secret',
    type: 'periodic' as const,
    decision,
    reportedLocations: null,
    runs: [failed],
  };
  if (age === 0 && job % 20 === 0) {
    const wakeAt = now + hourMs;
    return move(judged, 'scheduled', { state: 'scheduled', wakeAt, manual: false, intent: null }, at);
  }
  const retry = {
    ...ended(openRun(makeId(job, age, 2), makeBuild(job, age, 2), 1, at + hourMs), jobName, at + hourMs),
    status: 'SUCCESS' as const,
  };
  const closedAt = at + 3 * hourMs;
  const retried = { ...judged, highestAttempt: 1, runs: [failed, retry] };
  return move(retried, 'judged', { state: 'passed', closedAt, missing: null }, closedAt);
}

function ended(run: Chain['runs'][number], jobName: string, at: number): Chain['runs'][number] {
  const folder = `test-platform-results-public/logs/${jobName}/${run.buildId ?? '0'}`;
  return {
    ...run,
    folder,
    url: `https://prow.ci.openshift.org/view/gs/${folder}`,
    startedAt: at - hourMs,
    finishedAt: at,
    endSeenAt: at,
  };
}

function makeId(job: number, age: number, run: number): string {
  return `${hex(job, 8)}-${hex(age, 4)}-4000-8000-${hex(run, 12)}`;
}

function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, '0');
}

function makeBuild(job: number, age: number, run: number): string {
  return String(1_930_000_000_000_000_000n + BigInt(job) * 1_000_000n + BigInt(age) * 10n + BigInt(run));
}
