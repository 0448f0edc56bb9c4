import type { OutageFacts } from '../../chain/notice.ts';
import type { Card, Tone } from '../card.ts';
import { sayAt, sayTime } from '../say-time.ts';

/** Jobs that are named and linked; the rest is counted. */
const mostNamed = 20;

type Member = OutageFacts['members'][number];

/** An outage as its one message shows it: how many wait for whom, and how it ended. */
export function composeOutage(facts: OutageFacts): Card {
  const { key, since, members, canary } = facts;
  const waiting = members.filter(({ id }) => id !== canary?.id);
  const { tone, title, lines } = faces[facts.state](facts, waiting.length);
  const shown = waiting.toSorted((a, b) => (a.jobName < b.jobName ? -1 : 1)).slice(0, mostNamed);
  return {
    tone,
    title,
    facts: [
      { name: 'Failed alike in', text: key },
      {
        name: facts.endedAt === null ? 'Goes first' : 'Went first',
        text: canary?.jobName ?? 'another job, or not chosen yet',
      },
      { name: facts.endedAt === null ? 'Wait' : 'Waited', text: sayJobs(shown, waiting.length) },
    ],
    lines: [`It began ${sayAt(since, facts.endedAt ?? facts.until)}.`, ...lines],
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
        `If it failed alike, they are given up at ${sayTime(until, since)}, or when it ends, if that is later.`,
    ],
  }),
  failing: ({ until, since }, waiting) => ({
    tone: 'bad',
    title: `Outage: the canary failed alike, ${count(waiting, 'waits', 'wait')} still`,
    lines: [
      `They are given up at ${sayTime(until, since)}, unless somebody has them tried before.`,
      'Next: mend what broke; Retry now on a chain shows whether it is.',
    ],
  }),
  released: ({ endedAt, since }, waiting) => ({
    tone: 'good',
    title: `Outage over: ${count(waiting, 'is', 'are')} tried again`,
    lines: [`The canary came through${sayEnd(endedAt, since)}. Nothing to do.`],
  }),
  lasted: ({ endedAt, since }, waiting) => ({
    tone: waiting === 0 ? 'quiet' : 'bad',
    title: `Outage lasted: ${count(waiting, 'is', 'are')} not tried again`,
    lines: [
      `It was given up${sayEnd(endedAt, since)}.`,
      ...(waiting === 0
        ? []
        : ['Next: mend what broke, then start these jobs by hand if they deserve another try.']),
    ],
  }),
};

function count(runs: number, one: string, many: string): string {
  return runs === 1 ? `1 run ${one}` : `${runs} runs ${many}`;
}

function sayEnd(endedAt: number | null, since: number): string {
  return endedAt === null ? '' : ` ${sayAt(endedAt, since)}`;
}

function sayJobs(shown: readonly Member[], all: number): string {
  const names = shown.map(({ jobName }) => jobName);
  const rest = all - shown.length;
  return all === 0 ? 'nobody' : [...names, ...(rest > 0 ? [`and ${rest} more`] : [])].join(', ');
}
