import { type Chain, type ChainState, currentRun } from '../../chain/chain.ts';
import type { DecisionReason } from '../../chain/decision.ts';
import type { Tone } from '../message.ts';
import { formatTime } from '../phrases.ts';

/** How a chain stands, in a colour and in few words. */
interface Face {
  tone: Tone;
  words: string;
}

/** `now`: of another day than this one, times are told with their date (ms since the epoch). */
export function headlineOf(chain: Chain, now: number): Face {
  return faces[chain.state](chain, currentRun(chain).attempt, now);
}

const faces: Record<ChainState, (chain: Chain, attempt: number, now: number) => Face> = {
  judging: (_, attempt) => ({
    tone: 'waiting',
    words: attempt === 0 ? 'Being judged' : `Attempt ${attempt} ended, being judged`,
  }),
  scheduled: ({ wakeAt, muted, tries }, _, now) => {
    if (wakeAt === null) return { tone: 'waiting', words: 'Scheduled' };
    if (muted !== null && muted.until > wakeAt) {
      return { tone: 'quiet', words: `Silenced until ${formatTime(muted.until, now)}` };
    }
    return {
      tone: 'waiting',
      words: `${tries > 0 ? 'Delayed until' : 'Scheduled'} ${formatTime(wakeAt, now)}`,
    };
  },
  held: () => ({ tone: 'waiting', words: 'Held by an outage' }),
  triggering: ({ intent }, attempt) => ({
    tone: 'running',
    words:
      intent?.lostAt == null
        ? `Being triggered, attempt ${intent?.attempt ?? attempt + 1}`
        : `Attempt ${intent.attempt} was sent and not answered, it is looked for`,
  }),
  following: (_, attempt) => ({ tone: 'running', words: `Running, attempt ${attempt}` }),
  passed: (_, attempt) => ({ tone: 'good', words: `Passed on attempt ${attempt}` }),
  exhausted: (_, attempt) => ({ tone: 'bad', words: `Failed again on attempt ${attempt}` }),
  skipped: ({ decision }, attempt) => ({
    tone: decision === null ? 'bad' : (skipTones[decision.reason] ?? 'bad'),
    words: decision === null ? 'Not tried again' : describeSkip(decision.reason, attempt),
  }),
  rejected: () => ({ tone: 'person', words: 'Refused by Gangway' }),
  'needs-human': () => ({ tone: 'person', words: 'Needs a person' }),
};

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
