import { type Answer, answerLines } from './answer.ts';
import { describeExplanation, describeUnended } from '../describe-explanation.ts';
import type { ExplainedRun } from '../explanation.ts';

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
