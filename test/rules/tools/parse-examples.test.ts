import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseExamples } from '../../../src/rules/tools/example-file.ts';

const good = `examples:
  - name: a
    evidence: {phase: pre}
    expect: {outcome: retry}
`;

function parse(text: string): string[] {
  const parsed = parseExamples([{ path: 'r.test.yaml', text }]);
  return parsed.kind === 'bad' ? parsed.problems : parsed.examples.map(({ place }) => place);
}

const mistakes: [what: string, text: string, ...problems: string[]][] = [
  ['an empty file', '', '1:1: the file is empty; write "examples: []" if it is to hold none'],
  ['no examples', '{}', '1:1: examples is missing'],
  [
    'an unknown key',
    good.replace('evidence', 'evidense'),
    '3:5: example a: unknown key evidense; did you mean evidence?',
  ],
  [
    'an unknown key of the evidence',
    good.replace('phase', 'fase'),
    '3:16: example a: unknown key evidence.fase; did you mean phase?',
  ],
  [
    'an unknown phase',
    good.replace('phase: pre', 'phase: tset'),
    '3:16: example a: evidence.phase must be one of build, import, lease, claim, pre, test, post, infra, not "tset"; did you mean test?',
  ],
  ['no expectation', good.replace(/ {4}expect.*\n/, ''), '2:5: example a: expect is missing'],
  ['no outcome', good.replace('outcome: retry', ''), '4:5: example a: expect.outcome is missing'],
  [
    'an outcome that there is not',
    good.replace('retry}', 'rety}'),
    '4:14: example a: expect.outcome must be one of retry, skip, hold, not "rety"; did you mean retry?',
  ],
  [
    'a past run that ended in no known way',
    `${good}    history: {runs: [SUCCESS, FAILED]}\n`,
    '5:31: example a: history.runs.status must be one of SUCCESS, FAILURE, ERROR, ABORTED, not "FAILED"; did you mean FAILURE?',
  ],
  [
    'an unknown key of a past run',
    `${good}    history: {runs: [{status: SUCCESS, age: 1h}]}\n`,
    '5:40: example a: unknown key history.runs.age; did you mean ago?',
  ],
  [
    'a silence that is no yes or no',
    `${good}    silenced: maybe\n`,
    '5:5: example a: silenced must be true or false, not "maybe"',
  ],
  [
    "the ProwJob's labels where those of known failures belong",
    good.replace('phase: pre', 'labels: {a: b}'),
    "3:16: example a: evidence.labels must be a list of known-failure labels; the ProwJob's own labels are prowjob_labels",
  ],
  [
    'labels that are a word',
    good.replace('phase: pre', 'labels: a'),
    '3:16: example a: evidence.labels must be a list, not "a"',
  ],
];

for (const [what, text, ...problems] of mistakes) {
  test(`says what is wrong with ${what}`, () =>
    assert.deepEqual(
      parse(text),
      problems.map((problem) => `r.test.yaml:${problem}`),
    ));
}

test('tells where each example stands, and lets a name stand twice', () =>
  assert.deepEqual(parse(good + good.replace('examples:\n', '')), ['r.test.yaml:2:5', 'r.test.yaml:5:5']));
