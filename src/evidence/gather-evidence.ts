import { type Folder, jobOf } from '../job/run.ts';
import type { JobStatus } from '../job/status.ts';
import type { ArtifactSource } from './artifacts/artifact-source.ts';
import { shorten } from '../text/clean-text.ts';
import type { Evidence } from './evidence.ts';
import type { Gap } from './gap.ts';
import { type Artifact, fetchJson, fetchJunit, fetchLog, operatorFile } from './artifacts/fetch-artifact.ts';
import { findPhase, type PhaseFinding } from './phase/find-phase.ts';
import { pickReason } from './log/log-error.ts';
import type { FailedCase } from './junit/junit-collector.ts';
import type { LogFacts } from './log/read-build-log.ts';
import { type CloneFailure, readCloneRecords } from './artifacts/clone-records.ts';
import {
  classifyEnd,
  unclearEnd,
  readFinished,
  type Finished,
  readStarted,
  type Started,
} from './artifacts/metadata.ts';
import { noOverrides } from './artifacts/overrides.ts';
import { readProwJob, type ProwJob } from './artifacts/prow-job.ts';
import { signFailure } from './signature.ts';

export interface GatheredEvidence extends Evidence {
  /** Something could not be read this time, so that a later look may tell more. */
  retryable: boolean;
  /** It includes Prow's final state; `false`: the status may change once Prow has written that state. */
  settled: boolean;
}

interface Artifacts {
  finished: Artifact<Finished>;
  prowJob: Artifact<ProwJob>;
  started: Artifact<Started>;
  operator: Artifact<FailedCase[]>;
  job: Artifact<FailedCase[]>;
  log: Artifact<LogFacts>;
  /** Read only if nothing shows that ci-operator ever started. */
  clone: Artifact<{ failure: CloneFailure | null }> | null;
}

const maxMessages = 20;
const messageLength = 4_096;
// A pod's name has at most 253 characters, and a phase some tens of steps; a text that says otherwise is not ci-operator's.
const maxSteps = 50;
const stepLength = 253;
const reasonLength = 1_000;

/**
 * Reads what a run left in its folder. What is missing, broken or out of reach is no error: `gaps` lists
 * it, and `retryable` says whether another read can help.
 */
export async function gatherEvidence(source: ArtifactSource, folder: Folder): Promise<GatheredEvidence> {
  const [finished, prowJob, started, [operator, job], log] = await Promise.all([
    fetchJson(source, folder, 'finished.json', readFinished),
    fetchJson(source, folder, 'prowjob.json', readProwJob),
    fetchJson(source, folder, 'started.json', readStarted),
    fetchCases(source, folder),
    fetchLog(source, folder),
  ]);
  const read = { finished, prowJob, started, operator, job, log };
  return buildEvidence({ ...read, clone: await fetchClone(source, folder, read) }, jobOf(folder));
}

/** If Prow's clone failed, ci-operator never started, and `build-log.txt` is the log of the clone (PROW.md, 3). */
async function fetchClone(
  source: ArtifactSource,
  folder: Folder,
  { finished, prowJob, operator, job, log }: Omit<Artifacts, 'clone'>,
): Promise<Artifacts['clone']> {
  const isSilent = operator.value === null && job.value === null && !hasFailures(log.value);
  const end = classifyEnd(finished, prowJob);
  if (!isSilent || end.kind !== 'ended' || end.status === 'SUCCESS') return null;
  return fetchJson(source, folder, 'clone-records.json', readCloneRecords);
}

/** Whether ci-operator says in the log that something failed. */
function hasFailures(log: LogFacts | null): boolean {
  return log !== null && log.reasons.length + log.failedPhases.length + log.errors.length > 0;
}

/** One file after the other, because each can take some MiB of memory while it is read. */
async function fetchCases(
  source: ArtifactSource,
  folder: Folder,
): Promise<[Artifact<FailedCase[]>, Artifact<FailedCase[]>]> {
  const operator = await fetchJunit(source, folder, operatorFile);
  return [operator, await fetchJunit(source, folder, 'artifacts/junit_job.xml')];
}

function buildEvidence(artifacts: Artifacts, jobName: string | null): GatheredEvidence {
  const { finished, prowJob, started, operator, log, clone } = artifacts;
  const job = buildJobCases(artifacts);
  const end = classifyEnd(finished, prowJob);
  const status = end.kind === 'ended' ? end.status : (prowJob.value?.state ?? 'UNKNOWN');
  const verdict = classifyArtifacts({ ...artifacts, job }, status, prowJob.value?.job ?? jobName);
  const reason = pickReason(log.value?.reasons ?? [], verdict.phase);
  const cases = [...(operator.value ?? []), ...(job.value ?? [])];
  const texts = (cases.length > 0 ? cases : (log.value?.errors ?? [])).map(({ text }) => text);
  const told = [...new Set([verdict.text ?? '', ...texts])].filter((text) => text !== '');
  const unread = clone?.retryable === true ? [clone] : [];
  const all = [finished, prowJob, started, operator, job, log, ...unread];
  return {
    status,
    ...buildProwJobFacts(prowJob.value),
    startedAt: started.value?.startedAt ?? prowJob.value?.startTime ?? null,
    finishedAt: finished.value?.finishedAt ?? prowJob.value?.completionTime ?? null,
    phase: verdict.phase,
    steps: verdict.steps.slice(0, maxSteps).map((step) => step.slice(0, stepLength).toWellFormed()),
    reason: reason === null ? null : reason.slice(0, reasonLength).toWellFormed(),
    messages: told.slice(0, maxMessages).map((text) => shorten(text, messageLength)),
    logTail: log.value?.text ?? null,
    signature: signEvidence(status, verdict, pickSigned(artifacts, verdict) ?? told[0] ?? reason),
    // `readKnownFailures` reads them if they are needed.
    knownFailures: null,
    gaps: [...all.flatMap((artifact) => artifact.gaps), ...noteStatus(finished.value)],
    retryable: all.some((artifact) => artifact.retryable),
    settled: end.kind === 'ended' && end.settled,
  };
}

type ProwJobFacts =
  | 'description'
  | 'type'
  | 'refs'
  | 'labels'
  | 'annotations'
  | 'prowJobId'
  | 'overrides'
  | 'jobName';

function buildProwJobFacts(prowJob: ProwJob | null): Pick<Evidence, ProwJobFacts> {
  return {
    description: prowJob?.description ?? null,
    type: prowJob?.type ?? null,
    refs: prowJob?.refs ?? null,
    labels: prowJob?.labels ?? {},
    annotations: prowJob?.annotations ?? {},
    prowJobId: prowJob?.name ?? null,
    overrides: prowJob?.overrides ?? noOverrides,
    jobName: prowJob?.job ?? null,
  };
}

/**
 * `junit_job.xml` exists for some failures only, so beside `junit_operator.xml` its absence means nothing. If
 * `junit_operator.xml` shows what failed, nothing waits for `junit_job.xml`.
 */
function buildJobCases({ operator, job }: Artifacts): Artifact<FailedCase[]> {
  if (operator.value === null || job.value !== null) return job;
  const told = operator.value.length > 0;
  return { ...job, gaps: told || job.absent ? [] : job.gaps, retryable: job.retryable && !told };
}

function classifyArtifacts(
  { operator, job, log, clone }: Artifacts,
  status: JobStatus,
  jobName: string | null,
): PhaseFinding {
  return (
    classifyClone(clone) ??
    findPhase({
      operatorCases: operator.value ?? [],
      jobCases: job.value ?? [],
      log: log.value,
      logAbsent: log.absent,
      errored: status === 'ERROR',
      jobName,
    })
  );
}

function classifyClone(clone: Artifacts['clone']): PhaseFinding | null {
  const failure = clone?.value?.failure ?? null;
  return failure === null ? null : { phase: 'build', steps: [], text: failure.text };
}

function noteStatus(finished: Finished | null): Gap[] {
  return finished?.status === 'UNKNOWN' ? [unclearEnd] : [];
}

/** If nothing in the run failed and Prow ended it, Prow's words are the failure, and what ran then is no part of it. */
function pickSigned({ prowJob, operator, job, log }: Artifacts, { phase }: PhaseFinding): string | null {
  if (prowJob.value?.state !== 'ERROR' || phase !== 'infra') return null;
  const failed = [...(operator.value ?? []), ...(job.value ?? []), ...(log.value?.errors ?? [])];
  return failed.length === 0 ? prowJob.value.description : null;
}

function signEvidence(
  status: JobStatus,
  verdict: Pick<Evidence, 'phase' | 'steps'>,
  told: string | null,
): string | null {
  if (status === 'SUCCESS' || (verdict.phase === null && told === null)) return null;
  return signFailure(verdict.phase, verdict.steps, told ?? '');
}
