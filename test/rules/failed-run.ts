import type { Evidence } from '../../src/evidence/evidence.ts';
import { bareEvidence } from '../../src/flow/bare-evidence.ts';
import type { FailedRun } from '../../src/rules/failed-run.ts';
import { type ParsedRules, parseRules } from '../../src/rules/parse-rules.ts';
import type { Rule } from '../../src/rules/rule.ts';

/** A periodic's first run that failed in pre, but for what is given. */
export function failedRun(
  evidence: Partial<Evidence> = {},
  rest: Partial<Omit<FailedRun, 'evidence'>> = {},
): FailedRun {
  const bare = bareEvidence('FAILURE', 'run-0', '');
  return {
    jobName: 'periodic-ci-a',
    attempt: 0,
    evidence: { ...bare, type: 'periodic', phase: 'pre', gaps: [], ...evidence },
    ...rest,
  };
}

/** Rules named a, b, c… by what each matches, with one attempt after half an hour unless told. */
export function rulesFor(...matches: { match: object; retry?: object }[]): readonly Rule[] {
  const rules = matches.map(({ match, retry }, index) => ({
    name: 'abcdefgh'[index],
    match,
    retry: { attempts: 1, delay: '30m', ...retry },
  }));
  const parsed: ParsedRules = parseRules([{ path: 'r.yaml', text: JSON.stringify({ rules }) }]);
  if (parsed.kind === 'bad') throw new Error(parsed.problems.join('\n'));
  return parsed.rules;
}
