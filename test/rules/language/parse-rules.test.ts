import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseRules } from '../../../src/rules/language/parse-rules.ts';

const good = `rules:
  - name: a
    match: {type: [periodic]}
    retry: {attempts: 1, delay: 30m}
`;
const goodRule = {
  name: 'a',
  match: { type: ['periodic'], status: ['FAILURE', 'ERROR'] },
  retry: { attempts: 1, delay: 1_800_000, backoff: 1, max_delay: 604_800_000, jitter: 0, envs: {} },
};
const types = 'must be one of periodic, postsubmit, presubmit, batch, not';
const phases = 'must be one of build, import, lease, claim, pre, test, post, infra, not';
const attempts = '4:13: rule a: retry.attempts must be a whole number from 1 to 10, not';
const delay =
  '4:26: rule a: retry.delay must be a duration up to 7d, written like 500ms, 30s, 30m or 12h, not';
const yamlBomb = ['a: &a [x, x, x, x, x, x, x, x, x]']
  .concat(['b', 'c', 'd', 'e'].map((key, index) => `${key}: &${key} [${`*${'abcd'[index]}, `.repeat(9)}]`))
  .concat('rules: *e')
  .join('\n');

const mistakes: [name: string, text: string, ...problems: string[]][] = [
  ['an empty file', '', '1:1: the file is empty; write "rules: []" if it is to hold none'],
  ['only comments', '# soon\n', '1:1: the file is empty; write "rules: []" if it is to hold none'],
  ['a list', '- a\n', '1:1: the file must be a map of keys and values, not a list'],
  ['a word', 'abc\n', '1:1: the file must be a map of keys and values, not "abc"'],
  ['rules without a value', 'rules:\n', '1:1: rules has no value'],
  ['rules that are a map', 'rules: {a: 1}\n', '1:1: rules must be a list, not a map'],
  [
    'a rule that is a word',
    'rules:\n  - abc\n',
    '2:5: rule number 1 must be a map of keys and values, not "abc"',
  ],
  ['an unknown key of the file', `${good}rulez: []\n`, '5:1: unknown key rulez; did you mean rules?'],
  [
    'an unknown key of a rule',
    good.replace('match', 'mtach'),
    '2:5: rule a: match is missing',
    '3:5: rule a: unknown key mtach; did you mean match?',
  ],
  ['of match', good.replace('type', 'tipe'), '3:13: rule a: unknown key match.tipe; did you mean type?'],
  [
    'of retry',
    good.replace('30m', '30m, dely: 1'),
    '4:38: rule a: unknown key retry.dely; did you mean delay?',
  ],
  ['an unknown type', good.replace('periodic', 'foo'), `3:20: rule a: match.type ${types} "foo"`],
  [
    'an unknown type, near a known one',
    good.replace('[periodic]', 'Periodics'),
    `3:13: rule a: match.type ${types} "Periodics"; did you mean periodic?`,
  ],
  ['a type that is a list', good.replace('periodic', '[]'), `3:20: rule a: match.type ${types} a list`],
  ['no type', good.replace('[periodic]', ''), '3:13: rule a: match.type has no value'],
  ['an empty list', good.replace('periodic', ''), '3:13: rule a: match.type is empty'],
  [
    'an unknown phase, the second of two',
    good.replace('type: [periodic]', 'phase: [pre, tset]'),
    `3:26: rule a: match.phase ${phases} "tset"; did you mean test?`,
  ],
  [
    'a status that no failed run has',
    good.replace('type: [periodic]', 'status: SUCCESS'),
    '3:13: rule a: match.status must be one of FAILURE, ERROR, ABORTED, not "SUCCESS"',
  ],
  [
    'a status in lower case',
    good.replace('type: [periodic]', 'status: [aborted]'),
    '3:22: rule a: match.status must be one of FAILURE, ERROR, ABORTED, not "aborted"; did you mean ABORTED?',
  ],
  ['an empty glob', good.replace('type: [periodic]', 'job: [""]'), '3:19: rule a: match.job is empty'],
  ...['0', '-1', '11', '1000', '1.5', '.inf', '1e300', '"1"', '[1]'].map(
    (value): [string, string, string] => {
      const shown = { '.inf': 'Infinity', '1e300': '1e+300', '[1]': 'a list' }[value] ?? value;
      return [`attempts ${value}`, good.replace('attempts: 1', `attempts: ${value}`), `${attempts} ${shown}`];
    },
  ),
  ...['5', '-1', '"5"', '"-5m"', '"5 m"', '"8d"', '"1w"', '""'].map((value): [string, string, string] => [
    `delay ${value}`,
    good.replace('30m', value),
    `${delay} ${value}`,
  ]),
  ['no delay', good.replace(', delay: 30m', ''), '4:5: rule a: retry.delay is missing'],
  ['a delay without a value', good.replace('30m', ''), '4:26: rule a: retry.delay has no value'],
  ['no retry', good.replace(/ {4}retry.*\n/, ''), '2:5: rule a: retry is missing'],
  ['no name', good.replace('name: a', 'description: a'), '2:5: rule number 1: name is missing'],
  ['an empty name', good.replace('name: a', 'name: ""'), '2:5: rule number 1: name is empty'],
  ['a blank name', good.replace('name: a', 'name: " "'), '2:5: rule number 1: name is empty'],
  [
    'a number',
    good.replace('name: a', 'name: 5'),
    '2:5: rule number 1: name must be text, not 5; put it in quotes',
  ],
  [
    'a name over two lines',
    good.replace('a\n', '"a\\nb"\n').replace('1,', '0,'),
    `${attempts} 0`.replace('a:', 'a b:'),
  ],
  [
    'a tab',
    good.replace('    match', '\tmatch'),
    '3:1: Tabs are not allowed as indentation',
    '4:1: All mapping items must start at the same column',
  ],
  ['a key twice', good.replace('name: a', 'name: a\n    name: b'), '3:5: this key stands here twice'],
  ['two documents', `${good}---\n${good}`, '5:1: a second document begins here; write one in each file'],
  ['a key that is a map', `${good}? {a: b}\n: c\n`, '5:3: this key is not text'],
  ['a tag', 'rules: !foo []\n', '1:8: Unresolved tag: !foo'],
  ['a YAML bomb', yamlBomb, '2:8: the aliases (*name) unfold to too much; write the rules out'],
  [
    'an alias of itself',
    'rules: &a [*a]\n',
    '1:12: rule number 1 must be a map of keys and values, not a list',
  ],
  [
    'an alias of nothing',
    good.replace('{type: [periodic]}', '*none'),
    '3:12: Unresolved alias (the anchor must be set before the alias): none',
  ],
  [
    'lists without end',
    `rules: ${'['.repeat(100_000)}`,
    '1:37: the lists and maps are nested too deep; 30 levels are the limit',
  ],
  [
    'a mistake behind an alias, told for each rule',
    `rules:\n  - name: a\n    match: &m {type: foo}\n    retry: &r {attempts: 1, delay: 1m}\n  - {name: b, match: *m, retry: *r}\n`,
    `3:16: rule a: match.type ${types} "foo"`,
    `5:15: rule b: match.type ${types} "foo"`,
  ],
];

/** The example of DESIGN.md, Rules, and one rule more. */
const contract = `rules:
  - name: setup-failure
    description: The cluster never came up; the tests did not run.
    owner: interop-qe
    issue: https://issues.example/OCP-1
    expires: 2026-12-24
    match:
      job: ["periodic-ci-*"]
      type: [periodic]
      status: [FAILURE, ERROR]
      phase: [pre]
      step: ["ipi-install-*"]
      reason: ["*:acquiring_lease*"]
      message: "(?i)quota exceeded"
      log: "no such host"
    unless: {message: "invalid pull secret"}
    history: {max_consecutive_failures: 3, same_failure: stop, window: 14d}
    retry:
      attempts: 1
      delay: 30m
      backoff: 2
      max_delay: 4h
      jitter: 0.1
      cooldown: 1h
      envs: {MULTISTAGE_PARAM_OVERRIDE_X: "1"}
  - {name: b, match: {}, retry: never}
budgets:
  - {job: "*-aws*", retries: 20, per: 24h}
outage: {same_step_jobs: 5, within: 30m, hold: 2h}
`;

for (const [name, text, ...problems] of mistakes) {
  test(`says what is wrong with ${name}`, () => {
    const parsed = parseRules([{ path: 'r.yaml', text }]);
    const told = parsed.kind === 'bad' ? parsed.problems : [];
    // Where the stack ends is the machine's affair.
    const lines = told.map((line) => (line.endsWith('too deep') ? line.replace(/:1:\d+:/, ':1:780:') : line));
    assert.deepEqual(
      lines,
      problems.map((problem) => `r.yaml:${problem}`),
    );
  });
}

test('tells all mistakes of all files at once, by file, line and column', () => {
  const wrong = good.replace('attempts: 1', 'tries: 1').replace('[periodic]', 'foo');
  const parsed = parseRules([
    { path: 'b.yaml', text: wrong },
    { path: 'a.yaml', text: '- a' },
    { path: 'c.yaml', text: good.replace('name: a', 'name: b') },
    { path: 'd.yaml', text: 'rules: [' },
  ]);
  assert.equal(parsed.kind, 'bad');
  assert.deepEqual(
    parsed.problems.map((problem) => /^[^ ]*/.exec(problem)?.[0]),
    ['a.yaml:1:1:', 'b.yaml:3:13:', 'b.yaml:4:5:', 'b.yaml:4:13:', 'd.yaml:1:9:'],
  );
});

test('points to the second rule where a name is taken, in a file and across files, broken rules included', () => {
  const broken = good.replace('30m', '5');
  const second = '\n  - name: a\n    match: {}\n    retry: {attempts: 1, delay: 1m}\n';
  const parsed = parseRules([
    { path: '1.yaml', text: broken },
    { path: '2.yaml', text: `# more\n${good}${second}` },
  ]);
  assert.deepEqual(parsed.kind === 'bad' && parsed.problems.slice(1), [
    '2.yaml:3:5: rule a: the name is taken already, at 1.yaml:2:5',
    '2.yaml:7:5: rule a: the name is taken already, at 1.yaml:2:5',
  ]);
});

const outages = 'outage: {same_step_jobs: 5, within: 30m, hold: 2h}\n';

test('points to the second file that has an outage', () => {
  const parsed = parseRules([
    { path: '1.yaml', text: good },
    { path: '2.yaml', text: outages },
    { path: '3.yaml', text: `rules: []\n${outages}` },
  ]);
  assert.deepEqual(parsed.kind === 'bad' && parsed.problems, [
    '3.yaml:2:1: an earlier file has an outage already; write one for all',
  ]);
});

const texts: [name: string, text: string, rules: object[]][] = [
  ['no rules', 'rules: []\n', []],
  ['a map of nothing', '{}\n', []],
  ['one rule', good, [goodRule]],
  ['Windows line ends and a byte order mark', `\ufeff${good.replaceAll('\n', '\r\n')}`, [goodRule]],
  ['a single value in place of a list', good.replace('[periodic]', 'periodic'), [goodRule]],
  ['a start of document', `---\n${good}`, [goodRule]],
  ['blanks around a name', good.replace('name: a', 'name: " a "'), [goodRule]],
  [
    'no delay to speak of',
    good.replace('30m', '0s'),
    [{ ...goodRule, retry: { ...goodRule.retry, delay: 0 } }],
  ],
  [
    'anchors and merge keys',
    `rules:\n  - {name: a, match: &m {type: [periodic]}, retry: &r {attempts: 1, delay: 30m}}\n  - name: b\n    match: *m\n    retry: {<<: *r, attempts: 2}\n`,
    [goodRule, { ...goodRule, name: 'b', retry: { ...goodRule.retry, attempts: 2 } }],
  ],
];

for (const [name, text, rules] of texts) {
  test(`reads ${name}`, () => {
    const parsed = parseRules([{ path: 'r.yaml', text }]);
    assert.deepEqual(parsed.kind === 'good' && parsed.rules, { rules, budgets: [], outage: null });
  });
}

test('takes the rules of several files in the order given', () => {
  const names = ['b', 'a'].map((name) => ({
    path: `${name}.yaml`,
    text: good.replace('name: a', `name: ${name}`),
  }));
  const parsed = parseRules(names);
  assert.ok(parsed.kind === 'good');
  assert.deepEqual(
    parsed.rules.rules.map(({ name }) => name),
    ['b', 'a'],
  );
  assert.deepEqual(
    [...parsed.places],
    [
      ['b', 'b.yaml:2:5'],
      ['a', 'a.yaml:2:5'],
    ],
  );
});

test('reads every key of the contract', () => {
  const minute = 60_000;
  const parsed = parseRules([
    { path: '1.yaml', text: contract },
    { path: '2.yaml', text: 'budgets: [{job: "*", retries: 0, per: 30d}]\n' },
  ]);
  assert.ok(parsed.kind === 'good', JSON.stringify(parsed));
  const { rules, budgets, outage } = parsed.rules;
  assert.deepEqual(budgets, [
    { job: '*-aws*', retries: 20, per: 1_440 * minute },
    { job: '*', retries: 0, per: 43_200 * minute },
  ]);
  assert.deepEqual(outage, { same_step_jobs: 5, within: 30 * minute, hold: 120 * minute });
  const [whole, never] = JSON.parse(JSON.stringify(rules));
  assert.deepEqual(whole, {
    name: 'setup-failure',
    description: 'The cluster never came up; the tests did not run.',
    owner: 'interop-qe',
    issue: 'https://issues.example/OCP-1',
    expires: Date.UTC(2026, 11, 24),
    match: {
      job: ['periodic-ci-*'],
      type: ['periodic'],
      status: ['FAILURE', 'ERROR'],
      phase: ['pre'],
      step: ['ipi-install-*'],
      reason: ['*:acquiring_lease*'],
      message: { source: '(?i)quota exceeded', size: 22 },
      log: { source: 'no such host', size: 15 },
    },
    unless: { message: { source: 'invalid pull secret', size: 22 } },
    history: { max_consecutive_failures: 3, same_failure: 'stop', window: 20_160 * minute },
    retry: {
      attempts: 1,
      delay: 30 * minute,
      backoff: 2,
      max_delay: 240 * minute,
      jitter: 0.1,
      cooldown: 60 * minute,
      envs: { MULTISTAGE_PARAM_OVERRIDE_X: '1' },
    },
  });
  assert.deepEqual(never, { name: 'b', match: { status: ['FAILURE', 'ERROR'] }, retry: 'never' });
});

const sayAliases = 'more than 100 aliases (*name) and merge keys (<<); write the rest out, or split the file';
const sayLarge =
  'with this rule, the expressions (message, log) of all rules are too large together: over 50000 instructions; ' +
  'repeat less in them, or use fewer';

/** What nobody means, by the size that is still taken and the first that is not. */
const sizes: Record<string, [taken: string, refused: string, says: string[]]> = {
  'a file over 256 KiB': [
    good.padEnd(262_144, '#\n'),
    good.padEnd(262_145, '#\n'),
    ['r.yaml:1:1: the file is over 256 KiB'],
  ],
  'a file over 256 KiB that has fewer characters': [
    good + '#é\n'.repeat(65_000),
    good + '#é\n'.repeat(65_536),
    ['r.yaml:1:1: the file is over 256 KiB'],
  ],
  'more than 2000 rules': [
    listRules(2_000),
    listRules(2_001),
    ['r.yaml:2002:5: more than 2000 rules in all files'],
  ],
  'more than 100 aliases': [aliasOften(100), aliasOften(101), [`r.yaml:3:405: ${sayAliases}`]],
  'more than 30 levels': [
    nest(29),
    nest(30),
    ['r.yaml:2:33: the lists and maps are nested too deep; 30 levels are the limit'],
  ],
  'expressions that are too large together': [
    listExpressions(33),
    listExpressions(34),
    [`r.yaml:35:6: ${sayLarge}`],
  ],
};
for (const [what, [taken, refused, says]] of Object.entries(sizes)) {
  test(`refuses ${what}`, () => {
    const read = parseRules([{ path: 'r.yaml', text: taken }]);
    assert.equal(read.kind === 'bad' && read.problems.some((line) => says.includes(line)), false);
    const problems = parseRules([{ path: 'r.yaml', text: refused }]);
    assert.deepEqual(problems, { kind: 'bad', problems: says });
  });
}

test('compiles no expression of files in which they are too large together', () => {
  const list = (path: string) => {
    const rules = Array.from(
      { length: 40 },
      (_, n) => `- {name: ${path}-${n}, match: {message: '(?=no RE2)(a{30}){30}${n}'}, retry: never}`,
    );
    return { path: `${path}.yaml`, text: ['rules:', ...rules].join('\n') };
  };
  const parsed = parseRules([list('a'), list('b')]);
  assert.ok(parsed.kind === 'bad');
  assert.equal(parsed.problems.filter((line) => line.includes(sayLarge)).length, 1);
  // The first file is within the bound; of the second nothing is compiled.
  assert.equal(parsed.problems.filter((line) => line.startsWith('b.yaml')).length, 1);
});

test('reports 100 problems, and how many more there are', () => {
  const problems = (count: number) => {
    const parsed = parseRules([{ path: 'r.yaml', text: listUnknownKeys(count) + good }]);
    return parsed.kind === 'bad' ? parsed.problems : [];
  };
  assert.equal(problems(100).length, 100);
  assert.deepEqual(problems(102).slice(99), [problems(100)[99], 'and 2 more problems']);
});

test('reports 100 problems of all files, and how many more there are', () => {
  const both = ['a.yaml', 'b.yaml'].map((path) => ({ path, text: listUnknownKeys(150) + good }));
  const parsed = parseRules(both);
  assert.ok(parsed.kind === 'bad');
  assert.equal(parsed.problems.length, 101);
  assert.equal(parsed.problems[100], 'and 201 more problems');
});

test('counts the rules of all files, and their sizes', () => {
  const many = (path: string, count: number) => ({ path, text: listRules(count, path) });
  assert.equal(parseRules([many('a', 1_500), many('b', 500)]).kind, 'good');
  assert.deepEqual(parseRules([many('a', 1_500), many('b', 501)]), {
    kind: 'bad',
    problems: ['b:502:5: more than 2000 rules in all files'],
  });
  const large = Array.from({ length: 17 }, (_, index) => ({
    path: `${index}`,
    text: (index === 0 ? good : 'rules: []\n').padEnd(262_144, '#\n'),
  }));
  assert.deepEqual(parseRules(large), {
    kind: 'bad',
    problems: ['16:1:1: with this file, all files together are over 4 MiB'],
  });
});

function listUnknownKeys(count: number): string {
  return Array.from({ length: count }, (_, n) => `key-${n}: 1\n`).join('');
}

function aliasOften(count: number): string {
  return `x: &a [1]\nrules: []\ny: [${'*a ,'.repeat(count)}]\n`;
}

function nest(levels: number): string {
  return `rules: [{name: a, match: {}, retry: never}]\nz: ${'['.repeat(levels)}${']'.repeat(levels)}\n`;
}

/** Each compiles to about 1,500 instructions. */
function listExpressions(count: number): string {
  const rules = Array.from(
    { length: count },
    (_, n) => `  - {name: a${n}, match: {message: "${n}.{740}"}, unless: {log: ".{740}"}, retry: never}\n`,
  );
  return `rules:\n${rules.join('')}`;
}

function listRules(count: number, prefix = 'a'): string {
  const rules = Array.from(
    { length: count },
    (_, n) => `  - {name: ${prefix}${n}, match: {type: [periodic]}, retry: never}\n`,
  );
  return `rules:\n${rules.join('')}`;
}
