import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { stringify } from 'yaml';
import { parseRules, type ParsedRules, warnOfRules } from '../../../src/rules/language/parse-rules.ts';
import { now } from '../matchers/failed-run.ts';
import { ruleInputs, seed } from './random-rules.ts';

const numRuns = 200;

function parse(...texts: string[]): ParsedRules {
  return parseRules(texts.map((text, index) => ({ path: `${index}.yaml`, text })));
}

/** Good, or bad with at least one problem, each of them in one line with a place in the text. */
function assertSound(parsed: ParsedRules, ...texts: string[]): void {
  if (parsed.kind === 'good') return void warnOfRules(parsed, now);
  assert.ok(parsed.problems.length > 0);
  for (const problem of parsed.problems) {
    const [, file, line, column] = /^(\d)\.yaml:(\d+):(\d+): [^\n\r]+$/.exec(problem) ?? [];
    assert.ok(Number(column) >= 1, problem);
    assert.ok(
      Number(line) >= 1 && Number(line) <= (texts[Number(file)] ?? '').split(/\r\n|\r|\n/).length,
      problem,
    );
  }
}

test('whatever text comes: no throw, and what is wrong is told with its place', () => {
  const signs = fc.string({
    unit: fc.constantFrom(...'{}[]&*!|>-:?,#\'"%@` \t\n\rax1~<\0\ufeff'.split(''), '\u{1F600}', '\ud800'),
  });
  const text = fc.oneof(
    fc.string(),
    fc.string({ unit: 'binary' }),
    signs,
    signs.map((rest) => `rules:\n  - ${rest}`),
  );
  fc.assert(
    fc.property(text, text, (one, other) => assertSound(parse(one, other), one, other)),
    { numRuns, seed },
  );
});

test('whatever bytes come, read as text: no throw', () => {
  const bytes = fc.uint8Array({ maxLength: 300 }).map((each) => new TextDecoder().decode(each));
  fc.assert(
    fc.property(bytes, (text) => assertSound(parse(text), text)),
    { numRuns, seed },
  );
});

const keys = [
  'rules',
  'budgets',
  'outage',
  'name',
  'match',
  'unless',
  'retry',
  'history',
  'envs',
  'attempts',
  'delay',
  'job',
  'message',
  'expires',
  '__proto__',
  'constructor',
  'toString',
  '',
  '<<',
  '1',
  'a b',
];
const scalars = fc.oneof(
  fc.constantFrom(
    null,
    true,
    'never',
    '30m',
    'periodic',
    '(?=a)',
    '*',
    'x',
    '2026-12-24',
    -1,
    1,
    1.5,
    Infinity,
    NaN,
  ),
  fc.string(),
  fc.double(),
);
const { tree } = fc.letrec((tie) => ({
  tree: fc.oneof(
    { depthSize: 'medium', withCrossShrink: true },
    scalars,
    fc.array(tie('tree'), { maxLength: 3 }),
    fc
      .array(fc.tuple(fc.constantFrom(...keys), tie('tree')), { maxLength: 4 })
      .map((pairs) => Object.fromEntries(pairs)),
  ),
}));

test('whatever YAML comes: no throw, and what is wrong is told with its place', () => {
  const file = fc.record(
    { rules: fc.array(tree, { maxLength: 3 }), budgets: tree, outage: tree },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(fc.oneof(tree, file), (value) => {
      const text = stringify(value);
      assertSound(parse(text), text);
    }),
    { numRuns, seed },
  );
});

test('one part of a good file that is replaced by anything: no throw, and nothing taken by halves', () => {
  const whole = ruleInputs.filter((rules) => rules.length > 0);
  fc.assert(
    fc.property(whole, fc.nat(), tree, (rules, place, value) => {
      const paths = listPaths(rules);
      const changed = replaceAt(rules, paths[place % paths.length] ?? [], value);
      const text = stringify({ rules: changed });
      assertSound(parse(text), text);
    }),
    { numRuns, seed },
  );
});

test('what people may write is read in JSON, in YAML, in one file or in several alike', () => {
  fc.assert(
    fc.property(ruleInputs, (rules) => {
      const parsed = parse(JSON.stringify({ rules }));
      assert.equal(parsed.kind, 'good');
      const plain = JSON.stringify(parsed.kind === 'good' && parsed.rules);
      const others = [
        parse(stringify({ rules })),
        parse(...rules.map((rule) => JSON.stringify({ rules: [rule] }))),
      ];
      for (const other of others) assert.equal(JSON.stringify(other.kind === 'good' && other.rules), plain);
    }),
    { numRuns: numRuns / 4, seed },
  );
});

type Path = (string | number)[];

function listPaths(value: unknown, path: Path = []): Path[] {
  if (typeof value !== 'object' || value === null) return [path];
  const inner = Object.entries(value).map(([key, each]) =>
    listPaths(each, [...path, Array.isArray(value) ? Number(key) : key]),
  );
  return [path, ...inner.flat()];
}

function replaceAt(whole: unknown, [key, ...rest]: Path, value: unknown): unknown {
  if (key === undefined || typeof whole !== 'object' || whole === null) return value;
  const entries = Object.entries(whole).map(([each, old]): [string, unknown] => [
    each,
    each === String(key) ? replaceAt(old, rest, value) : old,
  ]);
  return Array.isArray(whole) ? entries.map(([, each]) => each) : Object.fromEntries(entries);
}
