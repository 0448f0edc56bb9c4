import type { Finding, Reason, ReasonOf, RuleTrace } from '../chain/decision.ts';
import type { KnownFailure } from '../evidence/artifacts/known-failures.ts';
import { formatGap, type Gap } from '../evidence/gap.ts';
import type { JobStatus } from '../job/status.ts';
import { describeObstacle } from '../job/type.ts';
import { formatDuration } from '../time/duration.ts';
import { formatTime } from './phrases.ts';

type Formats = { [Kind in Reason['kind']]: (reason: ReasonOf<Kind>) => string };

/** A fact as one plain sentence. All facts are worded here, but gaps and obstacles beside their types. */
export function describeReason(reason: Reason): string {
  const text = formatBrief(reason);
  const mayEndInQuote = reason.kind === 'prow-says' || reason.kind === 'message' || reason.kind === 'note';
  return (mayEndInQuote ? /[.!?"]$/ : /[.!?]$/).test(text) ? text : `${text}.`;
}

/** The same for a table: a fact of few words has no full stop. */
export function formatBrief(reason: Reason): string {
  const format = formats[reason.kind] as (each: Reason) => string;
  return format(reason);
}

/** An account, a sentence for each fact. `isPast`: the attempt that was planned has been made, or never will be. */
export function describeReasons(reasons: readonly Reason[], isPast = false): string[] {
  return reasons.map((reason) =>
    isPast && reason.kind === 'plan' ? `${formatPlan(reason, 'was due')}.` : describeReason(reason),
  );
}

/** The same as the rule's trace, of a rule that was not asked, because something else had decided. */
export function describeUnasked(trace: RuleTrace): string {
  const { rule, verdict } = trace;
  if (verdict === 'expired') return describeTrace(trace);
  if (verdict === 'matches') return `Rule ${rule} would have matched: ${listHoldings(trace)}.`;
  if (verdict === 'unknown') return `Rule ${rule} could not be judged: ${listOpen(trace)}.`;
  return `Rule ${rule} would not match: ${listMisses(trace)}.`;
}

/** Why a rule matched, did not, or could not be judged, in one sentence. */
export function describeTrace(trace: RuleTrace): string {
  const { rule, verdict } = trace;
  if (verdict === 'expired') return `Rule ${rule} has expired; before, ${describeExpired(trace)}.`;
  if (verdict === 'matches') return `Rule ${rule} matches: ${listHoldings(trace)}.`;
  if (verdict === 'unknown') return `Rule ${rule} cannot be judged: ${listOpen(trace)}.`;
  return `Rule ${rule} does not match: ${listMisses(trace)}.`;
}

/** `InfraFailure (the build farm lost a node)` */
export function formatKnownFailure({ label, summary }: KnownFailure): string {
  const text = summary.replace(/(?<![.\s])[.\s]+$/, '');
  return text === '' ? label : `${label} (${text})`;
}

const formats: Formats = {
  failed: describeFailure,
  undetermined: ({ status, gap }) =>
    `${formatStatus(status)}; could not determine the failing phase${gap === null ? '' : `: ${formatCause(gap)}`}`,
  'prow-says': ({ text }) => `Prow: "${text}"`,
  message: ({ text }) => `Message: "${text}"`,
  'ci-operator-reason': ({ text }) => `ci-operator's reason: ${text}.`,
  'known-failure': (known) => `Known failure: ${formatKnownFailure(known)}.`,
  'more-known-failures': ({ count }) => `Known failures that are not shown: ${count}`,
  gap: ({ gap }) => formatGap(gap),

  rule: ({ trace }) => describeTrace(trace),
  owner: ({ owner }) => `Its owner is ${owner}.`,
  issue: ({ issue }) => `Its issue is ${issue}.`,
  'rule-says-never': () => 'The rule says never',
  'type-unknown': () => 'No artifact tells what type of job this is, and Gangway must be told',
  plan: (plan) => formatPlan(plan, 'is made'),
  'run-passed': () => 'The run ended in success',
  rehearsal: () => 'The job is a rehearsal of a change to the job itself',
  obstacle: ({ obstacle }) => describeObstacle(obstacle),
  'retried-by-prow': ({ count }) => `The run is Prow's own retry number ${count}`,
  managed: ({ by, mark }) =>
    `The run is managed by ${by} (${mark}), and only a rule with managed_by retries it`,
  exhausted: ({ attempts, attempt }) =>
    `The rule allows ${attempts === 1 ? 'one attempt' : `${attempts} attempts`}, and this was attempt ${attempt}`,
  'no-signature': () =>
    'The failure has no signature, so it is unknown whether it is the same failure as before',
  'same-failure': ({ signature }) => `An earlier run of the chain failed in the same way (${signature})`,
  'history-unknown': () => "The job's earlier runs could not be read, so its failure streak is unknown",
  'failing-streak': ({ failures, windowMs, max }) =>
    `The job failed ${failures} times in a row within ${formatDuration(windowMs)}; the rule stops at ${max}`,
  silence: ({ author, job, until, comment }) =>
    `${author} silenced ${job} until ${new Date(until).toISOString()}: ${comment}`,
  'budget-spent': ({ job, spent, retries, perMs }) =>
    `The budget for ${job} is spent: ${spent} of ${retries} attempts within ${formatDuration(perMs)}`,

  'carried-over': ({ names }) => `The retry carries over ${listNames(names)}`,
  'flags-not-carried': ({ names }) =>
    `The failed run was started with ${listNames(names)}, which Gangway cannot pass on: ` +
    `the retry runs without ${itOrThem(names)}`,
  'values-not-carried': ({ names }) =>
    `The failed run had ${listNames(names)} with a value that Gangway cannot pass on: ` +
    `the retry has ${itOrThem(names)} only if the job itself sets ${itOrThem(names)}`,
  'started-with': ({ names }) => `The first run was started with ${listNames(names)}`,
  'overrides-locked': ({ names }) =>
    `No key decrypts ${listNames(names)} of the failed run, and a retry without ${itOrThem(names)} would test something else: ` +
    'put the key back into RETRIGGER_SECRET_KEY and retry, or start the job manually',

  outage: ({ key, jobs }) => `${jobs} jobs failed alike (${key}), so it waits for a canary`,
  'would-go-first': ({ key, jobs }) => `${jobs} jobs failed alike (${key}): it goes first, as the canary`,
  'would-wait': ({ key, jobs }) => `${jobs} jobs failed alike (${key}): it waits for a canary`,
  held: ({ key }) => `It failed as other jobs did (${key}), so it waits for a canary`,
  canary: ({ key }) => `Its attempt goes first, as the canary of an outage (${key})`,
  'canary-passed': () => 'The canary came through, so it is tried again',
  'hold-over': () => 'The canary failed alike, and the hold is over',
  'outage-announced': ({ key, first, waiting }) =>
    `Jobs fail alike (${key}). ${first ?? 'Another job'} goes first; ${
      waiting.length === 0
        ? 'those that fail so from now on wait until it ends'
        : `these wait until it ends: ${waiting.join(', ')}`
    }`,

  cancelled: ({ by }) => `${by} cancelled the chain`,
  'run-goes-on': () => 'Its newest attempt goes on, and how that ends is not told',
  'asked-for-attempt-now': ({ by }) => `${by} asked for the attempt at once`,
  'asked-for-check-now': ({ by }) => `${by} asked for the next look at once`,
  'asked-for-attempt': ({ by }) => `${by} asked for another attempt`,
  'job-silenced': ({ author, until, comment, at }) =>
    `${author} silenced the job until ${formatTime(until, at)}: ${comment}`,

  attempt: ({ attempt }) => `Attempt ${attempt}`,
  waits: ({ attempt, says }) => `Attempt ${attempt} waits: ${says}`,
  'gangway-says': ({ says }) => says,
  'request-astray': () => 'The request went astray',
  'token-brought': () => 'Another notification of the run brought a token',
  'no-token': ({ for: what }) =>
    what === 'ask'
      ? 'There is no token to ask Gangway with'
      : 'There is no token to trigger with: the caller brought none that opens',
  'not-startable': () => 'Nothing tells how to start this run again',
  'newer-run': ({ buildId }) => `Somebody has started a newer run meanwhile: build ${buildId}`,
  'newer-run-by-then': () => 'A newer run of the job had begun by then',
  'newer-run-unknown': ({ why }) => `Nothing tells whether a newer run was started: ${why}`,
  'older-copy': () =>
    'The store seems to be restored from an older backup. Before the retry starts, the bucket is checked once more for a retry that is already running',
  'attempt-unknown': ({ attempt }) => `Nothing tells whether attempt ${attempt} was started`,
  'start-unknown': ({ says }) => `Nothing tells whether it was started: ${says}`,
  'gangway-away': ({ attempt }) =>
    `Gangway was away for too long to tell whether attempt ${attempt} was started`,
  'requests-lost': ({ count }) => `Gangway lost the request ${count} times and started nothing`,
  'would-not-be-made': () => 'These rules would not have made this attempt',

  'attempt-of': ({ chainId }) => `The run is an attempt of chain ${chainId}, which goes on with it`,
  'run-of-another-job': ({ prowJobId, attempt, jobName }) =>
    `Gangway named ${prowJobId} as attempt ${attempt}, and that is a run of ${jobName}`,
  'build-of-another-job': ({ jobName, ownJob }) =>
    `The build's prowjob.json is of job ${jobName}, not of ${ownJob}`,
  'build-of-another-run': ({ prowJobId, ownRun }) =>
    `The build's prowjob.json is of run ${prowJobId ?? 'unknown'}, not of ${ownRun}`,
  'attempt-unreadable': ({ attempt, why }) => `Attempt ${attempt} cannot be read: ${why}`,
  'build-unreadable': ({ buildId, why, denied }) =>
    `Build ${buildId ?? 'unknown'} cannot be read: ${why}. Add the bucket that holds the run to RETRIGGER_GCS_BUCKET` +
    (denied.length === 0 ? ' if it is public' : `, or make ${denied.join(', ')} readable`),
  'build-unproven': ({ buildId, prowJobId, why }) =>
    `Nothing proves that build ${buildId ?? 'unknown'} is run ${prowJobId}: ${why}`,
  'end-unseen': ({ buildId, waitedMs, why, buckets }) =>
    `The end of build ${buildId ?? 'unknown'} did not show within ${formatDuration(waitedMs)}: ${why}. ` +
    `Are the job name, the build id and the bucket (${buckets.join(', ')}) right?`,

  decided: ({ reason }) => reason,
  'channel-closed': ({ channel }) =>
    `The rule names the channel ${channel}, where the Slack app can not post`,
  note: ({ text }) => text,
};

/** Where the run failed, or ci-operator's reason if no artifact shows the phase. */
function describeFailure({ status, phase, steps, reason }: ReasonOf<'failed'>): string {
  const ended = formatStatus(status);
  if (phase === null) return reason === null ? ended : `${ended}; ci-operator's reason: ${reason}.`;
  if (steps.length === 0) return `${ended} in phase ${phase}`;
  return `${ended} in phase ${phase}, ${steps.length === 1 ? 'step' : 'steps'} ${steps.join(', ')}.`;
}

function formatStatus(status: JobStatus): string {
  if (status === 'FAILURE') return 'Failed';
  if (status === 'ERROR') return 'Ended with ERROR';
  return status === 'ABORTED' ? 'Aborted' : 'Ended with an unknown result';
}

function formatCause(gap: Gap): string {
  return gap.kind === 'absent' ? `no ${gap.file.split('/').at(-1)}` : formatGap(gap);
}

function formatPlan({ attempt, attempts, delayMs }: ReasonOf<'plan'>, verb: string): string {
  const when = delayMs === 0 ? 'at once' : `after ${formatDuration(delayMs)}`;
  return `Attempt ${attempt} of ${attempts} ${verb} ${when}`;
}

/** People read a dozen names, not a hundred. */
const maxListed = 12;

function listNames(names: readonly string[]): string {
  const rest = names.length - maxListed;
  return [...names.slice(0, maxListed), ...(rest > 0 ? [`${rest} more`] : [])].join(', ');
}

function itOrThem({ length }: readonly string[]): string {
  return length === 1 ? 'it' : 'them';
}

/** What its conditions come to, expiry aside. */
function describeExpired(trace: RuleTrace): string {
  const misses = listMisses(trace);
  if (misses !== '') return `it would not have matched: ${misses}`;
  const open = listOpen(trace);
  if (open !== '') return `it could not have been judged: ${open}`;
  return `it would have matched: ${listHoldings(trace)}`;
}

function listHoldings({ findings }: RuleTrace): string {
  return findings.map(({ key, saw }) => `${key} is ${saw}`).join(', ');
}

function listOpen({ findings, exceptions }: RuleTrace): string {
  const open = [
    ...select(findings, 'unknown').map(describeMiss),
    ...select(exceptions, 'unknown').map(describeException),
  ];
  return open.join(', ');
}

function listMisses({ findings, exceptions }: RuleTrace): string {
  const misses = [
    ...select(findings, 'fails').map(describeMiss),
    ...select(exceptions, 'holds').map(describeException),
  ];
  return misses.join(', ');
}

function select(findings: readonly Finding[], wanted: Finding['verdict']): Finding[] {
  return findings.filter(({ verdict }) => verdict === wanted);
}

function describeMiss({ key, asked, saw }: Finding): string {
  return `${key} is ${saw ?? 'not known'}, it asks for ${listAsked(asked)}`;
}

function describeException({ key, asked, saw }: Finding): string {
  return `${key} is ${saw ?? 'not known'}, it excepts ${listAsked(asked)}`;
}

/** An expression of a rule can be a thousand characters long, and its file has the whole of it. */
const maxAsked = 100;

function listAsked(asked: readonly string[]): string {
  const shown = asked.map((each) => (each.length > maxAsked ? `${each.slice(0, maxAsked)}…` : each));
  return shown.join(' or ').toWellFormed();
}
