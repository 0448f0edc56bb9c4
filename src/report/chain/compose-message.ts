import { missingOf, type Chain, type OutgoingReport, type Topic } from '../../chain/chain.ts';
import { type ChainRun } from '../../chain/run.ts';
import type { Decision } from '../../chain/decision.ts';
import { formatDuration } from '../../time/duration.ts';
import { linkToRun, formatAt, formatWhere } from '../phrases.ts';
import type { Link, Message } from '../message.ts';
import { describeReason, describeReasons } from '../reasons.ts';
import { nextAfterFailure, nextAfterGivingUp, nextAfterRefusal } from './next-step.ts';

/**
 * What people are told about a turn of the chain, from the facts kept in the report: what, why, what next. `prowUrl`
 * is where a run that has no page of its own yet is shown by its id.
 */
export function composeMessage(chain: Chain, report: OutgoingReport, prowUrl: string): Message {
  const run = chain.runs.find(({ attempt }) => attempt === report.attempt) ?? null;
  return {
    audience: wantsPerson(report) ? 'errors' : 'people',
    title: titleOf(report)(chain, report),
    lines: accountOf(report)(chain, report, run).filter((line) => line !== ''),
    links: linksOf(chain, run, prowUrl),
  };
}

type ReportOf<Name extends Topic> = OutgoingReport & { topic: Name };
type Title<Report> = (chain: Chain, report: Report) => string;
type Account<Report> = (chain: Chain, report: Report, run: ChainRun | null) => string[];

/** TypeScript does not see that a report's topic picks the function for that report. */
function titleOf({ topic }: OutgoingReport): Title<OutgoingReport> {
  return titles[topic] as Title<OutgoingReport>;
}

function accountOf({ topic }: OutgoingReport): Account<OutgoingReport> {
  return accounts[topic] as Account<OutgoingReport>;
}

const titles: { [Name in Topic]: Title<ReportOf<Name>> } = {
  scheduled: ({ jobName }, report) =>
    `${jobName} failed${report.attempt > 0 ? ' again' : ''} and will be tried again ${formatAt(report.dueAt, report.at)}`,
  held: ({ jobName }, { attempt, decision }) =>
    decision?.outcome === 'hold'
      ? `An outage: ${jobName} waits for another job that goes first`
      : `An outage: ${jobName} goes first with attempt ${attempt + 1}, others wait for it`,
  'outage-lasted': (_, { jobs }) =>
    `An outage lasted: ${jobs.length === 1 ? 'one run is' : `${jobs.length} runs are`} not tried again`,
  delayed: ({ jobName }, { attempt }) =>
    `${jobName} is not triggered yet: Gangway does not take attempt ${attempt}`,
  triggered: ({ jobName }, { attempt }) => `${jobName} was triggered again: attempt ${attempt}`,
  passed: ({ jobName }, { attempt }) => `${jobName} passed on attempt ${attempt}: a flake`,
  'failed-again': ({ jobName }, { attempt }) =>
    `${jobName} failed again on attempt ${attempt} and is not tried again`,
  'not-retried': ({ jobName }) => `${jobName} failed and is not tried again`,
  cancelled: ({ jobName }) => `${jobName} is not tried again: cancelled`,
  demanded: ({ jobName }, { by }) => `${by} asked for another attempt of ${jobName}`,
  muted: ({ jobName }) => `${jobName} is silenced`,
  verified: (_, { title }) => title,
  rejected: ({ jobName }, { attempt }) =>
    `${jobName} could not be triggered again: Gangway refused attempt ${attempt}`,
  'needs-human': ({ jobName }) => `${jobName} needs a person: retrigger cannot go on`,
};

const accounts: { [Name in Topic]: Account<ReportOf<Name>> } = {
  scheduled: (_, { decision }) => [
    ...describeReasons(decision?.because ?? []),
    'Nothing to do: the outcome follows here.',
  ],
  held: (_, { reason }) => [describeReason(reason), 'Nothing to do: the outcome follows here.'],
  'outage-lasted': (_, { jobs, decision }) => [
    `The jobs: ${jobs.join(', ')}.`,
    ...describeReasons(decision?.because.slice(-1) ?? []),
    'Next: mend what broke, then start these jobs by hand if they deserve another try.',
  ],
  delayed: (_, { reason }) => [
    describeReason(reason),
    'Nothing to do: it is tried again, for about half a day.',
  ],
  triggered: (chain, _, run) => [describeOrigin(chain, run), 'Nothing to do: the outcome follows here.'],
  passed: ({ runs }, _, run) => [describeFirstFailure(runs[0]), describeLength(run), 'Nothing to do.'],
  'failed-again': ({ runs }, { decision }) => [
    ...describeDecision(decision),
    nextAfterFailure(runs, decision?.reason ?? null),
  ],
  'not-retried': (_, { decision }, run) => [
    ...describeDecision(decision),
    nextAfterFailure(run === null ? [] : [run], decision?.reason ?? null),
  ],
  cancelled: (_, { decision }) => describeReasons(decision?.because.slice(-2) ?? []),
  demanded: () => ['Nothing to do: the outcome follows here.'],
  muted: (_, { reason }) => [describeReason(reason)],
  verified: (_, { lines }) => lines,
  rejected: ({ id }, { reason }) => [
    describeReason(reason),
    "A token is the one that the job's step sent, from the vault (openshift-ci-api-token); where it sent none, or a " +
      "person had opened the chain again, it is the service's own, RETRIGGER_GANGWAY_TOKEN.",
    nextAfterRefusal,
    `By HTTP: POST /api/v1/chains/${id}/retry.`,
  ],
  'needs-human': (chain, { reason }) => [describeReason(reason), nextAfterGivingUp(missingOf(chain))],
};

/** Whether somebody must act; a run that left no evidence is nobody's but a person's to judge. */
function wantsPerson({ topic, decision }: OutgoingReport): boolean {
  if (topic === 'not-retried') return decision?.reason === 'evidence-missing';
  return topic === 'rejected' || topic === 'needs-human';
}

function describeOrigin({ runs }: Chain, run: ChainRun | null): string {
  const taken = run === null ? '' : `Prow took it as ${run.prowJobId}`;
  const buildId = runs[0]?.buildId ?? null;
  const origin = buildId === null || runs[0] === run ? '' : `a retry of build ${buildId}`;
  const parts = [taken, origin].filter((part) => part !== '');
  return parts.length === 0 ? '' : `${parts.join(', ')}.`;
}

function describeDecision(decision: Decision | null): string[] {
  if (decision === null) return [];
  return [...describeReasons(decision.because), `Reason: ${decision.reason}.`];
}

function describeFirstFailure(first: ChainRun | undefined): string {
  return first?.phase == null ? '' : `The first run had failed in ${formatWhere(first)}.`;
}

function describeLength(run: ChainRun | null): string {
  if (run?.startedAt == null || run.finishedAt === null) return '';
  return `This attempt took ${formatDuration(run.finishedAt - run.startedAt)}.`;
}

/** The run that the message is about, then the one it all began with. */
function linksOf({ runs }: Chain, run: ChainRun | null, prowUrl: string): Link[] {
  const shown = new Set([run ?? runs.at(-1), runs[0]]);
  return [...shown].flatMap((each) => (each === undefined ? [] : [linkToRun(each, prowUrl)]));
}
