import { type Chain, currentRun, type Intent, type OpenChain } from '../../chain/chain.ts';
import type { DecisionReason } from '../../chain/decision.ts';
import type { Tone } from '../message.ts';
import { formatTime } from '../phrases.ts';

/** How a chain stands, in a colour and in few words. */
interface Headline {
  tone: Tone;
  words: string;
}

/** If the time is on another day than `now` (ms since the epoch), it has its date. */
export function headlineOf(chain: Chain, now: number): Headline {
  const { attempt } = currentRun(chain);
  switch (chain.state) {
    case 'judging':
      return {
        tone: 'waiting',
        words: attempt === 0 ? 'Being judged' : `Attempt ${attempt} ended, being judged`,
      };
    case 'scheduled':
      return describeSchedule(chain, now);
    case 'held':
      return { tone: 'waiting', words: 'Held by an outage' };
    case 'triggering':
      return { tone: 'running', words: describeIntent(chain.intent) };
    case 'following':
      return { tone: 'running', words: `Running, attempt ${attempt}` };
    case 'passed':
      return { tone: 'good', words: `Passed on attempt ${attempt}` };
    case 'exhausted':
      return { tone: 'bad', words: `Failed again on attempt ${attempt}` };
    case 'skipped':
      return describeSkipped(chain.decision?.reason ?? null, attempt);
    case 'rejected':
      return { tone: 'person', words: 'Refused by Gangway' };
    case 'needs-human':
      return { tone: 'person', words: 'Needs a person' };
  }
}

function describeSchedule({ wakeAt, silencedUntil, tries }: OpenChain, now: number): Headline {
  if (silencedUntil !== null && silencedUntil > wakeAt) {
    return { tone: 'quiet', words: `Silenced until ${formatTime(silencedUntil, now)}` };
  }
  const words = `${tries > 0 ? 'Delayed until' : 'Scheduled'} ${formatTime(wakeAt, now)}`;
  return { tone: 'waiting', words };
}

function describeIntent({ attempt, lostAt }: Intent): string {
  return lostAt === null
    ? `Being triggered, attempt ${attempt}`
    : `Attempt ${attempt} was sent and not answered, it is looked for`;
}

function describeSkipped(reason: DecisionReason | null, attempt: number): Headline {
  return {
    tone: reason === null ? 'bad' : (skipTones[reason] ?? 'bad'),
    words: reason === null ? 'Not tried again' : describeSkip(reason, attempt),
  };
}

const skipTones: { [Reason in DecisionReason]?: Tone } = {
  cancelled: 'quiet',
  silenced: 'quiet',
  superseded: 'quiet',
  'retried-by-prow': 'quiet',
  'managed-elsewhere': 'quiet',
  'evidence-missing': 'person',
};

const skips: { [Reason in DecisionReason]?: string } = {
  'not-failed': 'it did not fail',
  rehearsal: 'it is a rehearsal',
  'not-retriggerable': 'Gangway cannot start it',
  'no-rule-matched': 'no rule speaks of it',
  never: 'its rule says never',
  'attempts-exhausted': 'the attempts are used up',
  'same-failure': 'it failed in the same way',
  'failing-streak': 'it fails too often in a row',
  'budget-spent': 'the budget is spent',
  superseded: 'a newer run is there',
  'retried-by-prow': 'Prow runs it again itself',
  'managed-elsewhere': 'something else manages the run',
  'evidence-missing': 'it left too little to judge',
  outage: 'the outage lasted',
};

function describeSkip(reason: DecisionReason, attempt: number): string {
  if (reason === 'cancelled') return 'Cancelled';
  if (reason === 'silenced') return 'Silenced';
  const what = attempt === 0 ? 'Not tried again' : `Failed again on attempt ${attempt}`;
  return `${what}: ${skips[reason] ?? reason}`;
}
