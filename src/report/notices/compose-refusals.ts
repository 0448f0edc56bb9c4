import type { RefusalFacts } from '../../chain/notice.ts';
import type { Card } from '../card.ts';
import type { Message } from '../message.ts';

/** A summary of failures whose tokens Gangway rejected, for the people who run the service. */
export function composeRefusals({ failures, jobs, more }: RefusalFacts): Message {
  const named = more === 0 ? jobs.join(', ') : `${jobs.join(', ')} and ${more} more`;
  const what = failures === 1 ? '1 failure' : `${failures} failures`;
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

/** The same for a channel of the Slack app. */
export function composeRefusalsCard(facts: RefusalFacts): Card {
  const { title, lines, links } = composeRefusals(facts);
  return { tone: 'person', title, facts: [], lines, links, actions: null };
}
