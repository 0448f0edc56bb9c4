import { type Chain, currentRun } from '../../chain/chain.ts';
import type { ChainPage } from '../../chain/chain-store.ts';
import { whyUnheard } from '../../chain/proof.ts';
import type { Answer, AnswerEntry } from './answer.ts';
import { faceOf } from '../chain/headline.ts';
import { linkToRun } from '../link-to-run.ts';
import { sayTime } from '../say-time.ts';

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
    `reported ${sayTime(chain.createdAt, now)}`,
    attempts === 1 ? '1 attempt' : `${attempts} attempts`,
    `chain ${chain.id}`,
    ...(unheard === null ? [] : [unheard]),
  ];
  return {
    text: `${faceOf(chain, now).words} · ${chain.jobName} (${facts.join(', ')})`,
    links: [linkToRun(currentRun(chain), prowUrl)],
  };
}
