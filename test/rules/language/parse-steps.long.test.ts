import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parseExamples } from '../../../src/rules/tools/example-file.ts';
import { parseRules } from '../../../src/rules/language/parse-rules.ts';
import { countSteps } from '../../steps/count-steps.ts';

/** Of the larger text, in characters. The smaller one is half as long. */
const size = 16_384;
/** A character of a text takes no more; most take a tenth. */
const maxSteps = 250;

function fill(piece: string, length: number): string {
  return piece.repeat(length / piece.length);
}

function list(length: number, write: (index: number) => string): string {
  let text = '';
  for (let index = 0; text.length < length; index += 1) text += write(index);
  return text;
}

/** Texts of about this length that cost a parser more than others. */
const hostile: Record<string, (length: number) => string> = {
  'nested lists': (length) => `rules: ${fill('[', length)}`,
  'nested maps': (length) => fill('{a: ', length),
  'lists in one line': (length) => fill('- ', length),
  'maps, each deeper in': (length) => list(length, (index) => `${' '.repeat(index)}a:\n`),
  'closing brackets': (length) => fill(']', length),
  commas: (length) => `[${fill(',', length)}]`,
  'aliases without a name': (length) => fill('* ', length),
  'aliases of one anchor': (length) => `a: &a {x: 1}\nb: [${fill('*a ,', length)}]`,
  'a merge key in each map': (length) => `a: &a {x: 1}\n${list(length, (index) => `k${index}: {<<: *a}\n`)}`,
  'merge keys in one map': (length) => `a: &a {x: 1}\nb:\n${fill('  <<: *a\n', length)}`,
  'merge keys of merge keys': (length) =>
    `k0: &k0 {a: 1}\n${list(length, (index) => `k${index + 1}: &k${index + 1}\n  <<: *k${index}\n`)}`,
  'merge keys without a map': (length) => fill('<<: 1\n', length),
  'aliases that multiply': (length) => {
    const levels = list(length, (index) => `a${index + 1}: &a${index + 1} [*a${index}, *a${index}]\n`);
    return `a0: &a0 [x]\n${levels}`;
  },
  anchors: (length) => list(length, (index) => `- &a${index} x\n`),
  tags: (length) => fill('! ', length),
  'unknown keys': (length) => list(length, (index) => `key-${index}: 1\n`),
  'unknown keys in a rule': (length) =>
    `rules:\n  - name: a\n${list(length, (index) => `    k${index}: 1\n`)}`,
  'rules with unknown keys': (length) =>
    `rules:\n${list(length, (index) => `  - {name: a${index}, x: 1}\n`)}`,
  'one key, again and again': (length) => fill('rules: []\n', length),
  'keys in one line': (length) => `{${list(length, (index) => `k${index},`)}}`,
  'a long key': (length) => `${fill('a', length)}: 1`,
  'a long word': (length) => `rules: [{name: a, match: {type: ${fill('a', length)}}, retry: never}]`,
  'wrong words': (length) => `rules: [{name: a, match: {type: [${fill('perodic,', length)}]}, retry: never}]`,
  'empty rules': (length) => `rules: [${fill('{},', length)}]`,
  'rules behind unknown keys': (length) =>
    `${list(length / 2, (index) => `key-${index}: 1\n`)}rules:\n${list(length / 2, (index) => `  - {name: a${index}}\n`)}`,
  'documents without end': (length) => fill('---\n', length),
  comments: (length) => fill('#\n', length),
  'comments in a map': (length) => `rules:\n${fill('  # c\n', length)}`,
  directives: (length) => fill('%a\n', length),
  'quotation marks': (length) => fill('"', length),
  'lines of a text': (length) => `a:\n${fill(' b\n', length)}`,
  'lines of a block': (length) => `a: >\n${fill(' b\n\n', length)}`,
  'empty lines': (length) => fill('\n', length),
  blanks: (length) => fill(' ', length),
  'keys without a name': (length) => fill('? \n', length),
  'zero bytes': (length) => fill('\0', length),
};

function read(text: string): void {
  assert.equal(parseRules([{ path: 'r.yaml', text }]).kind, 'bad');
}

describe('twice as much of a hostile file of rules takes twice the steps at most', () => {
  for (const [kind, write] of Object.entries(hostile)) {
    test(kind, async () => {
      const once = await countSteps(() => read(write(size / 2)));
      const twice = await countSteps(() => read(write(size)));
      assert.ok(twice <= 2.2 * once + 100_000, `${once} steps, then ${twice}`);
      assert.ok(twice <= maxSteps * size, `${twice} steps`);
    });
  }
});

test('a file of examples has the same limits', () => {
  const parsed = parseExamples([{ path: 'r.test.yaml', text: 'examples: []\n'.padEnd(300_000, '#\n') }]);
  assert.deepEqual(parsed, { kind: 'bad', problems: ['r.test.yaml:1:1: the file is over 256 KiB'] });
});

test('a hostile file is reported with a hundred problems', () => {
  for (const [kind, write] of Object.entries(hostile)) {
    const parsed = parseRules([{ path: 'r.yaml', text: write(size) }]);
    const problems = parsed.kind === 'bad' ? parsed.problems : [];
    assert.ok(problems.length <= 101, kind);
    for (const problem of problems) assert.ok(problem.length < 400, `${kind}: ${problem.slice(0, 500)}`);
  }
});
