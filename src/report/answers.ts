import type { Link } from './message.ts';
import type { ActionResult } from '../chain/actions.ts';
import { describeExplanation, describeUnended, type ExplainedRun } from './explanation.ts';
import type { Silence } from '../rules/decide/silence.ts';
import { formatTime, linkToRun } from './phrases.ts';
import { type Chain, currentRun } from '../chain/chain.ts';
import type { ChainPage } from '../chain/chain-store.ts';
import { whyUnheard } from '../chain/proof.ts';
import { headlineOf } from './chain/headline.ts';
import { pluralize } from '../text/pluralize.ts';

/** What a person who asked is told. Plain text: each adapter writes it in its own markup. */
export interface Answer {
  title: string;
  entries: AnswerEntry[];
  /** What to ask next; `null`: nothing. */
  hint: string | null;
  /** The entries are lined up by blanks, for letters of one width. */
  isTable?: boolean;
}

export interface AnswerEntry {
  text: string;
  links: Link[];
}

export const storeDown = 'Nothing was changed: the service could not write to its disk. Try again later.';
export const unreadable = 'The service could not read its disk. Try again later.';
export const noSuchChain = 'There is no such chain any more.';
export const wentWrong = 'That went wrong here; the log of the service says why.';
export const unknownWord = 'That is nothing I know';
export const nobodyMayTrigger = 'Nobody may do that: set RETRIGGER_SLACK_OPERATORS to those who shall.';
export const noJobName = 'Nothing was started: write the whole name of one periodic, and nothing else.';
export const askedAlready = 'That was asked for already: it is done once.';
export const slowSilence =
  'The service is slow just now: ask for the silences in a moment to see whether it is in force.';

/** An answer of lines alone. */
export function answerLines(title: string, lines: readonly string[]): Answer {
  return { title, entries: lines.map((text) => ({ text, links: [] })), hint: null };
}

/** What the person who asked for it is told of a cancel or a retry. */
export function describeActionResult(result: ActionResult | { kind: 'absent' }): string {
  if (result.kind === 'absent') return noSuchChain;
  return result.kind === 'conflict' ? result.detail : "Done. The chain's message shows what comes of it.";
}

/** What a run left behind and what the rules make of it, for whoever asked; or why that can't be told. */
export function answerExplained(explained: ExplainedRun): Answer {
  switch (explained.kind) {
    case 'explained':
      return table(describeExplanation(explained.explanation));
    case 'not-ended':
      return table(describeUnended(explained.run));
    case 'absent':
    case 'denied':
    case 'unavailable':
    case 'malformed':
      return answerLines(explained.says, []);
  }
}

/** What came of starting a job; `null`: the service has no token to start it with. */
export function answerTriggered(jobName: string, triggered: { says: string; url?: string } | null): Answer {
  if (triggered === null) {
    const why = `Nothing was started of ${jobName}: set RETRIGGER_GANGWAY_TOKEN, by which jobs are started.`;
    return answerLines(why, []);
  }
  const links = triggered.url === undefined ? [] : [{ text: 'the run', url: triggered.url }];
  return { ...answerLines(jobName, []), entries: [{ text: triggered.says, links }] };
}

/** The first line is the run's address, the others are a table. */
function table([title = '', ...lines]: readonly string[]): Answer {
  return { ...answerLines(title, lines), isTable: true };
}

const examples: readonly (readonly [words: string, what: string])[] = [
  ['status periodic-ci-org-repo-main-e2e', 'how the newest failures of a job stand; * stands for any text'],
  [
    'explain https://prow.ci.openshift.org/view/gs/test-platform-results-public/logs/JOB/BUILD',
    'what a run left behind and what the rules make of it; nothing is started',
  ],
  ['silences', 'which jobs are not tried again for now'],
  ['trigger periodic-ci-org-repo-main-e2e', 'start a periodic (operators only)'],
  ['digest', 'the account of the last seven days'],
  ['help', 'this list'],
];

/** What may be asked, by example; `why` says what was wrong with what was asked. */
export function answerHelp(command: string, why: string | null = null): Answer {
  const lines = examples.map(([words, what]) => `${command} ${words} – ${what}`);
  return answerLines(why ?? 'What retrigger can be asked', lines);
}

/** Which jobs are muted, in the order given; `now` in ms since the epoch. */
export function answerSilences(silences: readonly Silence[], now: number): Answer {
  if (silences.length === 0) return answerLines('No job is silenced.', []);
  const title =
    silences.length === 1 ? 'One silence is in force' : `${silences.length} silences are in force`;
  return answerLines(
    title,
    silences.map((silence) => describeSilence(silence, now)),
  );
}

/** For whoever is about to silence a job that is silenced already. */
export function describeAlreadySilenced({ until, author, comment }: Silence, now: number): string {
  return `This job is silenced already, until ${formatTime(until, now)}, by ${author}: ${comment}`;
}

function describeSilence({ id, job, until, author, comment }: Silence, now: number): string {
  return `${job} until ${formatTime(until, now)}, by ${author}: ${comment} (end it: retrigger silence expire ${id})`;
}

interface View {
  /** Where a run that has no page of its own yet is shown by its id. */
  prowUrl: string;
  /** Milliseconds since the epoch. */
  now: number;
}

/** How the newest chains of the jobs that `pattern` names stand. */
export function answerStatus(pattern: string, { chains, next }: ChainPage, view: View): Answer {
  if (chains.length === 0) {
    const hint = 'A name must be whole; * stands for any text, as in periodic-ci-*-aws.';
    return { title: `No failure of ${pattern} is known.`, entries: [], hint };
  }
  const what = chains.length === 1 ? 'the newest chain' : `the ${chains.length} newest chains`;
  const title = next === null ? `What is known of ${pattern}` : `${pattern}: ${what}`;
  return { title, entries: chains.map((chain) => describeChain(chain, view)), hint: null };
}

function describeChain(chain: Chain, { now, prowUrl }: View): AnswerEntry {
  const attempts = chain.runs.filter((run) => run.attempt > 0).length;
  // A person asked for the job, so all its chains are shown, also those of which our channels hear nothing.
  const unheard = whyUnheard(chain);
  const facts = [
    `reported ${formatTime(chain.createdAt, now)}`,
    pluralize(attempts, 'attempt'),
    `chain ${chain.id}`,
    ...(unheard === null ? [] : [unheard]),
  ];
  return {
    text: `${headlineOf(chain, now).words} · ${chain.jobName} (${facts.join(', ')})`,
    links: [linkToRun(currentRun(chain), prowUrl)],
  };
}
