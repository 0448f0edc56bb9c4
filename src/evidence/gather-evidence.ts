import { type Folder, jobOf } from '../job/run.ts';
import type { JobStatus } from '../job/status.ts';
import type { ArtifactSource } from './artifacts/artifact-source.ts';
import { shorten } from '../text/clean-text.ts';
import type { Evidence } from './evidence.ts';
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
  /** Something could not be read this time, so another read can help. */
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

function buildEvidence(all: Artifacts, jobName: string | null): GatheredEvidence {
  const artifacts = { ...all, job: buildJobCases(all) };
  const { finished, prowJob, started } = artifacts;
  const facts = buildRunFacts(prowJob.value, started.value, finished.value);
  const end = classifyEnd(finished, prowJob);
  const status = end.kind === 'ended' ? end.status : (prowJob.value?.state ?? 'UNKNOWN');
  return {
    status,
    ...facts,
    ...buildFailureFacts(artifacts, status, facts.jobName ?? jobName),
    // `readKnownFailures` reads them if they are needed.
    knownFailures: null,
    ...buildGaps(artifacts),
    settled: end.kind === 'ended' && end.settled,
  };
}

type RunFacts =
  | 'description'
  | 'startedAt'
  | 'finishedAt'
  | 'type'
  | 'refs'
  | 'labels'
  | 'annotations'
  | 'prowJobId'
  | 'overrides'
  | 'jobName';

/** Which run it was, and when it ran. */
function buildRunFacts(
  prowJob: ProwJob | null,
  started: Started | null,
  finished: Finished | null,
): Pick<Evidence, RunFacts> {
  return {
    description: prowJob?.description ?? null,
    type: prowJob?.type ?? null,
    refs: prowJob?.refs ?? null,
    labels: prowJob?.labels ?? {},
    annotations: prowJob?.annotations ?? {},
    prowJobId: prowJob?.name ?? null,
    overrides: prowJob?.overrides ?? noOverrides,
    jobName: prowJob?.job ?? null,
    startedAt: started?.startedAt ?? prowJob?.startTime ?? null,
    finishedAt: finished?.finishedAt ?? prowJob?.completionTime ?? null,
  };
}

type FailureFacts = 'phase' | 'steps' | 'reason' | 'messages' | 'logTail' | 'signature';

/** Where the run failed, and in which words. */
function buildFailureFacts(
  artifacts: Artifacts,
  status: JobStatus,
  jobName: string | null,
): Pick<Evidence, FailureFacts> {
  const log = artifacts.log.value;
  const finding = classifyArtifacts(artifacts, status, jobName);
  const reason = pickReason(log?.reasons ?? [], finding.phase);
  const messages = listMessages(artifacts, finding);
  return {
    phase: finding.phase,
    steps: finding.steps.slice(0, maxSteps).map((step) => step.slice(0, stepLength).toWellFormed()),
    reason: reason === null ? null : reason.slice(0, reasonLength).toWellFormed(),
    messages: messages.slice(0, maxMessages).map((text) => shorten(text, messageLength)),
    logTail: log?.text ?? null,
    signature: signEvidence(status, finding, pickSigned(artifacts, finding) ?? messages[0] ?? reason),
  };
}

/** What the failed cases say, or else the log's errors; first the text that shows the phase. */
function listMessages({ operator, job, log }: Artifacts, { text }: PhaseFinding): string[] {
  const cases = [...(operator.value ?? []), ...(job.value ?? [])];
  const texts = (cases.length > 0 ? cases : (log.value?.errors ?? [])).map((each) => each.text);
  return [...new Set([text ?? '', ...texts])].filter((each) => each !== '');
}

/** If the clone records are absent or broken, that is no gap: most runs have none. */
function buildGaps(artifacts: Artifacts): Pick<GatheredEvidence, 'gaps' | 'retryable'> {
  const { finished, prowJob, started, operator, job, log, clone } = artifacts;
  const unread = clone?.retryable === true ? [clone] : [];
  const all = [finished, prowJob, started, operator, job, log, ...unread];
  const unclear = finished.value?.status === 'UNKNOWN' ? [unclearEnd] : [];
  return {
    gaps: [...all.flatMap(({ gaps }) => gaps), ...unclear],
    retryable: all.some(({ retryable }) => retryable),
  };
}

/**
 * `junit_job.xml` exists for some failures only, so beside `junit_operator.xml` its absence means nothing. If
 * `junit_operator.xml` shows what failed, nothing waits for `junit_job.xml`.
 */
function buildJobCases({ operator, job }: Artifacts): Artifact<FailedCase[]> {
  if (operator.value === null || job.value !== null) return job;
  const hasFailed = operator.value.length > 0;
  return { ...job, gaps: hasFailed || job.absent ? [] : job.gaps, retryable: job.retryable && !hasFailed };
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

/** If nothing in the run failed and Prow ended it, Prow's words are the failure, and what ran then is no part of it. */
function pickSigned({ prowJob, operator, job, log }: Artifacts, { phase }: PhaseFinding): string | null {
  if (prowJob.value?.state !== 'ERROR' || phase !== 'infra') return null;
  const failed = [...(operator.value ?? []), ...(job.value ?? []), ...(log.value?.errors ?? [])];
  return failed.length === 0 ? prowJob.value.description : null;
}

function signEvidence(status: JobStatus, { phase, steps }: PhaseFinding, text: string | null): string | null {
  if (status === 'SUCCESS' || (phase === null && text === null)) return null;
  return signFailure(phase, steps, text ?? '');
}
