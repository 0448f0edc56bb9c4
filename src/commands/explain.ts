import type { Outside } from '../app.ts';
import type { Config } from '../config.ts';
import { gatherEvidence, type GatheredEvidence } from '../evidence/gather-evidence.ts';
import { locateRun } from '../evidence/locate-run.ts';
import { readRunUrl, runUrl } from '../job/run-url.ts';
import { decide, type Judgement } from '../rules/decide.ts';
import { describeTrace } from '../rules/describe-trace.ts';
import type { Rule } from '../rules/rule.ts';
import { readLineage } from '../trigger/lineage.ts';
import { answer, CommandFailure, type ExitCode, type Terminal } from './terminal.ts';

/** Characters of a failure's message. */
const maxShown = 200;

interface Place {
  jobName: string;
  buildId: string;
  folder: string | null;
}

/** Shows what a past run left behind and what the rules would make of it; nothing is triggered or kept. */
export async function explain(
  config: Config,
  { source }: Pick<Outside, 'source'>,
  rules: readonly Rule[],
  terminal: Terminal,
  run: readonly string[],
  { json }: { json: boolean },
): Promise<ExitCode> {
  const { jobName, buildId, folder } = await findPlace(config, source, readPlace(config, run));
  const evidence = await gatherEvidence(source, folder);
  const lineage = readLineage(evidence);
  const judgement = decide({ jobName, attempt: lineage?.attempt ?? 0, evidence }, rules);
  const url = runUrl(config.prowUrl, config.gcsBucket, folder);
  const { logTail: _, retryable: __, ...shown } = evidence;
  const view = {
    job_name: jobName,
    build_id: buildId,
    url,
    attempt: lineage?.attempt ?? 0,
    evidence: shown,
    ...judgement,
  };
  answer(terminal, json, view, [url, '', ...describeEvidence(evidence), '', ...describeJudgement(judgement)]);
  return 0;
}

function readPlace({ gcsBucket }: Config, run: readonly string[]): Place {
  const [first = '', buildId] = run;
  if (buildId !== undefined) return { jobName: first, buildId, folder: null };
  const place = readRunUrl(first);
  if (place === null) {
    throw new CommandFailure(
      'Name a job and a build id, or the address of a run: https://prow…/view/gs/BUCKET/logs/JOB/BUILD',
      2,
    );
  }
  if (place.bucket === gcsBucket) return place;
  throw new CommandFailure(
    `The run is in bucket ${place.bucket}: set RETRIGGER_GCS_BUCKET=${place.bucket}.`,
    2,
  );
}

async function findPlace(
  { gcsBucket }: Config,
  source: Outside['source'],
  { jobName, buildId, folder }: Place,
): Promise<Place & { folder: string }> {
  if (!/^\d+$/.test(buildId) || !/^[A-Za-z0-9._-]+$/.test(jobName)) {
    throw new CommandFailure(`${jobName} ${buildId} is no job name and build id.`, 2);
  }
  const found =
    folder === null
      ? await locateRun(source, gcsBucket, jobName, buildId)
      : ({ kind: 'found', value: folder } as const);
  if (found.kind === 'found') return { jobName, buildId, folder: found.value };
  if (found.kind === 'unavailable') throw new CommandFailure(`The bucket could not be read: ${found.why}.`);
  throw new CommandFailure(`The bucket ${gcsBucket} has no run ${buildId} of ${jobName}.`);
}

function describeEvidence(evidence: GatheredEvidence): string[] {
  const { status, type, phase, steps, reason, signature, messages, gaps } = evidence;
  return [
    `status     ${status}`,
    `type       ${type ?? 'not known'}`,
    `phase      ${phase ?? 'not known'}`,
    `steps      ${steps.length === 0 ? '-' : steps.join(', ')}`,
    `reason     ${reason ?? 'not known'}`,
    `signature  ${signature ?? '-'}`,
    `message    ${firstLine(messages[0]) ?? '-'}`,
    ...gaps.map((gap) => `gap        ${gap}`),
  ];
}

function firstLine(text: string | undefined): string | undefined {
  const [line] = text?.split('\n', 1) ?? [];
  return line !== undefined && line.length > maxShown ? `${line.slice(0, maxShown)}…` : line;
}

function describeJudgement({ decision, trace }: Judgement): string[] {
  const verdict = decision.outcome === 'retry' ? 'It would be tried again' : 'It would not be tried again';
  // The account names the rules that counted; those that were passed over are worth a line here, too.
  const passedOver = trace.map(describeTrace).filter((line) => !decision.because.includes(line));
  const facts = [...decision.because, ...passedOver].map((fact) => `  ${fact}`);
  return [
    `${verdict}: ${decision.reason}${decision.rule === null ? '' : ` (rule ${decision.rule})`}`,
    ...facts,
  ];
}
