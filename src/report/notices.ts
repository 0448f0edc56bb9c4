import type { OutageFacts, RefusalFacts, TroubleFacts } from '../notice/notice.ts';
import type { Card, Tone, Message } from './message.ts';
import { formatAt, formatTime } from './phrases.ts';
import { formatDuration } from '../time/duration.ts';
import { pluralize } from '../text/pluralize.ts';

/** Jobs that are named and linked; the rest is counted. */
const maxNamed = 20;

type Member = OutageFacts['members'][number];

/** An outage as its one message shows it: how many wait for whom, and how it ended. */
export function composeOutage(facts: OutageFacts): Card {
  const { key, since, members, canary } = facts;
  const waiting = members.filter(({ id }) => id !== canary?.id);
  const { tone, title, lines } = faces[facts.state](facts, waiting.length);
  const shown = waiting.toSorted((a, b) => (a.jobName < b.jobName ? -1 : 1)).slice(0, maxNamed);
  return {
    tone,
    title,
    facts: [
      { name: 'Failed alike in', text: key },
      {
        name: facts.endedAt === null ? 'Goes first' : 'Went first',
        text: canary?.jobName ?? 'another job, or not chosen yet',
      },
      { name: facts.endedAt === null ? 'Wait' : 'Waited', text: formatJobs(shown, waiting.length) },
    ],
    lines: [`It began ${formatAt(since, facts.endedAt ?? facts.until)}.`, ...lines],
    links: shown.flatMap(({ jobName, url }) => (url === null ? [] : [{ text: jobName, url }])),
    actions: null,
  };
}

interface Face {
  tone: Tone;
  title: string;
  lines: string[];
}

const faces: Record<OutageFacts['state'], (facts: OutageFacts, waiting: number) => Face> = {
  holding: ({ until, since }, waiting) => ({
    tone: 'waiting',
    title: `Outage: ${count(waiting, 'waits', 'wait')} for a canary`,
    lines: [
      'The canary goes first; once it came through, the others follow. ' +
        `If it failed alike, they are given up at ${formatTime(until, since)}, or when it ends, if that is later.`,
    ],
  }),
  failing: ({ until, since }, waiting) => ({
    tone: 'bad',
    title: `Outage: the canary failed alike, ${count(waiting, 'waits', 'wait')} still`,
    lines: [
      `They are given up at ${formatTime(until, since)}, unless somebody has them tried before.`,
      'Next: mend what broke; Retry now on a chain shows whether it is.',
    ],
  }),
  released: ({ endedAt, since }, waiting) => ({
    tone: 'good',
    title: `Outage over: ${count(waiting, 'is', 'are')} tried again`,
    lines: [`The canary came through${formatEnd(endedAt, since)}. Nothing to do.`],
  }),
  lasted: ({ endedAt, since }, waiting) => ({
    tone: waiting === 0 ? 'quiet' : 'bad',
    title: `Outage lasted: ${count(waiting, 'is', 'are')} not tried again`,
    lines: [
      `It was given up${formatEnd(endedAt, since)}.`,
      ...(waiting === 0
        ? []
        : ['Next: mend what broke, then start these jobs by hand if they deserve another try.']),
    ],
  }),
};

function count(runs: number, one: string, many: string): string {
  return runs === 1 ? `1 run ${one}` : `${runs} runs ${many}`;
}

function formatEnd(endedAt: number | null, since: number): string {
  return endedAt === null ? '' : ` ${formatAt(endedAt, since)}`;
}

function formatJobs(shown: readonly Member[], all: number): string {
  const names = shown.map(({ jobName }) => jobName);
  const rest = all - shown.length;
  return all === 0 ? 'nobody' : [...names, ...(rest > 0 ? [`and ${rest} more`] : [])].join(', ');
}

/** A summary of failures whose tokens Gangway rejected, for the people who run the service. */
export function composeRefusals({ failures, jobs, more }: RefusalFacts): Message {
  const named = more === 0 ? jobs.join(', ') : `${jobs.join(', ')} and ${more} more`;
  const what = pluralize(failures, 'failure');
  return {
    audience: 'errors',
    title: `${what} could not be retried: Gangway rejected ${failures === 1 ? 'the token' : 'the tokens'}`,
    lines: [
      `Jobs: ${named}.`,
      'Gangway has never accepted these tokens, so this channel gets a summary at most once an hour instead of a message for each failure.',
      "Next: renew the token of the job's step, or give it the right to start the job, then send the notification again. " +
        'If you do not know the sender, set RETRIGGER_WEBHOOK_SECRET. Then only callers who send it are accepted.',
      'Full list: GET /api/v1/chains?state=rejected.',
    ],
    links: [],
  };
}

const minuteMs = 60_000;

/** One of the two messages about a trouble of the service; `now` (ms since the epoch) is when it is sent. */
export function composeTrouble(facts: TroubleFacts, step: 'begin' | 'end', now: number): Message {
  const { title, lines } = texts[facts.what][step](facts, now);
  return { audience: 'errors', title, lines, links: [] };
}

type Text = (facts: TroubleFacts, now: number) => { title: string; lines: string[] };

const texts: Record<TroubleFacts['what'], Record<'begin' | 'end', Text>> = {
  gangway: {
    begin: ({ since, says }, now) => ({
      title: 'Gangway is not accepting requests',
      lines: [
        `Since ${formatTime(since, now)}. Last fault: ${says}.`,
        'Retries are delayed until Gangway accepts requests again. New failures are still accepted.',
        'Next: check whether Gangway is down (RETRIGGER_GANGWAY_URL); /readyz shows when the next call is due.',
      ],
    }),
    end: (facts) => ({
      title: `Gangway is accepting requests again after ${formatLength(facts)}`,
      lines: ['Delayed retries are sent now, within the rate limit. No action needed.'],
    }),
  },
  rules: {
    begin: ({ since, says, more }, now) => ({
      title: 'Rules rejected: the previous rules stay in force',
      lines: [
        more === 0 ? says : `${says} (and ${more} more)`,
        `Since ${formatTime(since, now)}.`,
        'Next: fix the files; retrigger rules check lists all problems. No restart is needed.',
      ],
    }),
    end: (facts) => ({
      title: 'Rules accepted again',
      lines: [`The new rules are in force, after ${formatLength(facts)}. No action needed.`],
    }),
  },
};

/** Rounded to whole minutes. */
function formatLength({ since, endedAt }: TroubleFacts): string {
  const ms = Math.max(0, (endedAt ?? since) - since);
  return formatDuration(ms < minuteMs ? ms : Math.round(ms / minuteMs) * minuteMs);
}
