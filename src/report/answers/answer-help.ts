import { type Answer, answerLines } from './answer.ts';

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
