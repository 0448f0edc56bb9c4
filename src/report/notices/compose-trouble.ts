import type { TroubleFacts } from '../../chain/notice.ts';
import { formatDuration } from '../../time/duration.ts';
import type { Card } from '../card.ts';
import type { Message } from '../message.ts';
import { sayTime } from '../say-time.ts';

const minuteMs = 60_000;

/** One of the two messages about a trouble of the service; `now` (ms since the epoch) is when it is sent. */
export function composeTrouble(facts: TroubleFacts, step: 'begin' | 'end', now: number): Message {
  const { title, lines } = texts[facts.what][step](facts, now);
  return { audience: 'errors', title, lines, links: [] };
}

/** The same for a channel of the Slack app. */
export function composeTroubleCard(facts: TroubleFacts, step: 'begin' | 'end', now: number): Card {
  const { title, lines, links } = composeTrouble(facts, step, now);
  const tone = step === 'begin' ? 'person' : 'good';
  return { tone, title, facts: [], lines, links, actions: null };
}

type Text = (facts: TroubleFacts, now: number) => { title: string; lines: string[] };

const texts: Record<TroubleFacts['what'], Record<'begin' | 'end', Text>> = {
  gangway: {
    begin: ({ since, says }, now) => ({
      title: 'Gangway is not accepting requests',
      lines: [
        `Since ${sayTime(since, now)}. Last fault: ${says}.`,
        'Retries are delayed until Gangway accepts requests again. New failures are still accepted.',
        'Next: check whether Gangway is down (RETRIGGER_GANGWAY_URL); /readyz shows when the next call is due.',
      ],
    }),
    end: (facts) => ({
      title: `Gangway is accepting requests again after ${sayLength(facts)}`,
      lines: ['Delayed retries are sent now, within the rate limit. No action needed.'],
    }),
  },
  rules: {
    begin: ({ since, says, more }, now) => ({
      title: 'Rules rejected: the previous rules stay in force',
      lines: [
        more === 0 ? says : `${says} (and ${more} more)`,
        `Since ${sayTime(since, now)}.`,
        'Next: fix the files; retrigger rules check lists all problems. No restart is needed.',
      ],
    }),
    end: (facts) => ({
      title: 'Rules accepted again',
      lines: [`The new rules are in force, after ${sayLength(facts)}. No action needed.`],
    }),
  },
};

/** Rounded to whole minutes. */
function sayLength({ since, endedAt }: TroubleFacts): string {
  const ms = Math.max(0, (endedAt ?? since) - since);
  return formatDuration(ms < minuteMs ? ms : Math.round(ms / minuteMs) * minuteMs);
}
