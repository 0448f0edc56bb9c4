import { bareEvidence } from '../../evidence/bare-evidence.ts';
import type { Evidence } from '../../evidence/evidence.ts';
import type { PastRun } from '../../history/past-run.ts';
import { findManager } from '../../job/managed-by.ts';
import type { Refs } from '../../job/refs.ts';
import type { JobType } from '../../job/type.ts';
import type { Example } from './example-file.ts';
import type { Facts, Moment } from '../decide/context.ts';
import type { FailedRun } from '../matchers/failed-run.ts';

const hourMs = 60 * 60_000;

/** What `decide` is asked in an example. */
export interface Staged {
  run: FailedRun;
  facts: Facts;
  moment: Moment;
}

/** The run, the facts and the moment that an example speaks of. Chance lies in the middle: no jitter. */
export function stageExample(example: Example): Staged {
  const { now, history } = example;
  const facts: Facts = {
    pastRuns:
      history.runs === null ? null : history.runs.map((said, index) => placePastRun(said, index, now)),
    earlierSignatures: history.earlier_signatures,
    lastAttemptAt: history.last_attempt === undefined ? null : now - history.last_attempt,
    silence: example.silenced ? { ...silence, until: now + hourMs } : null,
    outage: example.in_outage ? { key: 'step of the example', jobs: 5, holdMs: hourMs } : null,
  };
  return { run: stageRun(example), facts, moment: { now, chance: () => 0.5 } };
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
    ...bareEvidence(said.status, 'example', ''),
    ...told,
    labels: prowJobLabels,
    knownFailures: labels.map((label) => ({ label, summary: '' })),
    logTail: log,
    refs: stageRefs(said.type),
    finishedAt: now,
    gaps: [],
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
