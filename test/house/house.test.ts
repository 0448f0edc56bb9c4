import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { houseOf, readHouse, type Breach, type House, type Rule } from './house.ts';
import { exportRules } from './exports.ts';
import { importRules } from './imports.ts';
import { mayReadTheClock, measurementRules } from './measurements.ts';
import { nameRules } from './names.ts';
import { sizeRules } from './sizes.ts';
import { wordRules } from './words.ts';

const rules: Rule[] = [
  ...importRules,
  ...exportRules,
  ...wordRules,
  ...nameRules,
  ...sizeRules,
  ...measurementRules,
];

function print({ path, line, advice }: Breach): string {
  return `${path}:${line}: ${advice}`;
}

function breachesOf(house: House, ruleName: string): Breach[] {
  const rule = rules.find(({ name }) => name === ruleName);
  assert.ok(rule, `no rule is called "${ruleName}"`);
  return rule.breaches(house);
}

const house = await readHouse(fileURLToPath(new URL('../..', import.meta.url)));

suite('the house of src', () => {
  test('is looked at', () => assert.ok(house.sources.length > 0));
  for (const rule of rules) {
    test(rule.name, () => {
      const breaches = rule.breaches(house).map(print);
      if (breaches.length > 0) assert.fail(`\n${breaches.join('\n')}\n`);
    });
  }
  test('each file that may read the clock does so', () => {
    for (const path of Object.keys(mayReadTheClock))
      assert.match(house.tests.find((source) => source.path === path)?.text ?? '', /\.now\b/, path);
  });
});

const lines = (count: number): string => 'void 0;\n'.repeat(count);
const many = (text: string): Record<string, string> =>
  Object.fromEntries(Array.from({ length: 10 }, (_, index) => [`src/job/word-${index}.ts`, text]));

/** Planted breaches by rule: the files, and where the rule must point. */
const planted: [rule: string, files: Record<string, string>, at: string[]][] = [
  [
    'imports run one way through the house',
    {
      'src/job/run.ts': "// …\nimport type { Rule } from '../rules/language/rule.ts';",
      'src/rules/language/rule.ts':
        "export { read } from '../../config/read-config.ts';\nconst a = await import('../../adapters/gcs/read.ts');",
      'src/rules/decide/decide.ts': "import '../language/rule.ts';\nimport '../tools/replay.ts';",
      'src/chain/chain.ts':
        "import '../http/call.ts';\nimport '../secret.ts';\nimport '../evidence/evidence.ts';\nimport '../logging.ts';",
      'src/evidence/phase.ts': "type A = import('../flow/clock.ts').Clock;",
      'src/secret.ts': "import './job/run.ts';\nimport './http/call.ts';",
      'src/config/read-config.ts':
        "import '../rules/language/rule.ts';\nimport '../app/start.ts';\nimport '../secret.ts';",
      'src/flow/judge/judge-run.ts':
        "import '../flow.ts';\nimport '../requests/cancel.ts';\nimport '../chain-worker.ts';",
      'src/flow/chain-worker.ts': "import './judge/judge-run.ts';",
      'src/pages/page.ts': "import '../job/run.ts';",
      'src/main.ts': "import './cli/serve.ts';\nimport '../test/prow/prow.ts';",
    },
    [
      'src/job/run.ts:2',
      'src/rules/language/rule.ts:1',
      'src/rules/language/rule.ts:2',
      'src/rules/decide/decide.ts:2',
      'src/chain/chain.ts:1',
      'src/chain/chain.ts:4',
      'src/evidence/phase.ts:1',
      'src/secret.ts:2',
      'src/config/read-config.ts:2',
      'src/flow/judge/judge-run.ts:2',
      'src/flow/judge/judge-run.ts:3',
      'src/pages/page.ts:1',
      'src/main.ts:2',
    ],
  ],
  [
    'no adapter imports another',
    {
      'src/adapters/gcs/read.ts':
        "import './list.ts';\nimport '../gangway/trigger.ts';\nimport '../../flow/clock.ts';",
    },
    ['src/adapters/gcs/read.ts:2'],
  ],
  [
    'rooms use no package but those on the list, and nothing uses one that production lacks',
    {
      'src/rules/rule.ts':
        "import { z } from 'zod';\nimport 'pino';\nimport 'node:fs';\nimport 'node:crypto';",
      'src/adapters/gcs/read.ts':
        "import 'undici';\nimport 'node:fs/promises';\nimport '@aws-sdk/client-lightsail';",
    },
    ['src/rules/rule.ts:2', 'src/rules/rule.ts:3', 'src/adapters/gcs/read.ts:3'],
  ],
  [
    'no rooms import one another in a circle',
    {
      'src/flow/judge/a.ts': "import '../flow.ts';\nimport '../outage/b.ts';",
      'src/flow/judge/c.ts': 'export {};',
      'src/flow/outage/b.ts': "\n\nimport '../deliver/d.ts';",
      'src/flow/deliver/d.ts': "import '../judge/c.ts';\nimport '../../job/run.ts';",
      'src/flow/flow.ts': "import './judge/c.ts';",
      'src/job/run.ts': 'export {};',
    },
    ['src/flow/judge/a.ts:2', 'src/flow/outage/b.ts:3', 'src/flow/deliver/d.ts:1'],
  ],
  [
    'a folder holds at most 18 files',
    {
      ...Object.fromEntries(Array.from({ length: 19 }, (_, n) => [`src/job/a-${n}.ts`, ''])),
      'src/http/a.ts': '',
    },
    ['src/job:1'],
  ],
  [
    'only adapters/system knows the time, chance and timers',
    {
      'src/flow/decide.ts':
        "const text = 'Date.now() and new Date()';\nDate.now();\nnew Date();\nnew Date(0);\nMath.random();\nsetTimeout(f, 1);\nserver.setTimeout(1);\nglobalThis.setInterval(f, 1);\n`${Date()}`;",
      'src/adapters/gcs/read.ts': "import { setTimeout as wait } from 'node:timers/promises';",
      'src/adapters/system/clock.ts': 'Date.now();',
    },
    [
      'src/flow/decide.ts:2',
      'src/flow/decide.ts:3',
      'src/flow/decide.ts:5',
      'src/flow/decide.ts:6',
      'src/flow/decide.ts:8',
      'src/flow/decide.ts:9',
      'src/adapters/gcs/read.ts:1',
    ],
  ],
  [
    'only config reads the environment',
    { 'src/config/read-config.ts': 'process.env;', 'src/main.ts': '// process.env\nprocess.env.LOG_LEVEL;' },
    ['src/main.ts:2'],
  ],
  [
    'no two exported things share a name',
    {
      'src/job/run.ts':
        "export function read(): void;\nexport function read() {}\nexport { glob } from './glob.ts';",
      'src/job/glob.ts': 'export const glob = 1;\nconst read = 2;',
      'src/chain/chain.ts': 'const a = 1;\nexport interface Run {}\nexport class glob {}\nexport { read };',
    },
    ['src/chain/chain.ts:4', 'src/chain/chain.ts:3'],
  ],
  ['nothing is left for later', { 'src/job/a.ts': '// Today.\n// TODO: tomorrow' }, ['src/job/a.ts:2']],
  [
    'names are kebab-case',
    { 'src/job/runUrl.ts': '', 'src/Job/run.ts': '', 'src/job/README.md': '', 'src/job/run-url.ts': '' },
    ['src/job/runUrl.ts:1', 'src/Job/run.ts:1'],
  ],
  [
    'no name is an empty word',
    {
      'src/job/utils.ts': '',
      'src/chain-manager/a.ts': '',
      'src/job/service-account.ts': '',
      'src/lib/a.ts': '',
    },
    ['src/job/utils.ts:1', 'src/chain-manager/a.ts:1', 'src/lib/a.ts:1'],
  ],
  [
    'no file is over 300 lines',
    { 'src/job/a.ts': lines(300), 'src/job/b.ts': lines(301) },
    ['src/job/b.ts:1'],
  ],
  ['the median file is 100 lines at most', { 'src/job/a.ts': lines(101) }, []],
  [
    'the median file is 100 lines at most',
    many(lines(101)),
    Object.keys(many('')).map((path) => `${path}:1`),
  ],
  ['nine files in ten are 200 lines at most', { ...many(lines(1)), 'src/job/a.ts': lines(201) }, []],
  [
    'nine files in ten are 200 lines at most',
    { ...many(lines(1)), 'src/job/a.ts': lines(201), 'src/job/b.ts': lines(202) },
    ['src/job/a.ts:1', 'src/job/b.ts:1'],
  ],
  [
    'no function is over 60 lines',
    { 'src/job/a.ts': `function a() {\n${lines(58)}}\n/** b */\nconst b = () => {\n${lines(59)}};` },
    ['src/job/a.ts:62'],
  ],
  [
    'no test measures a duration',
    {
      'test/job/a.test.ts':
        "const text = 'performance.now()';\nconst at = performance.now();\nprocess.hrtime.bigint();\nprocess.cpuUsage();\nDate.now();\nclock.now();",
      'test/bench/b.ts': 'performance.now();',
      'test/time/fast-clock.ts': 'performance.now();',
      'src/job/a.ts': 'performance.now();',
    },
    [2, 3, 4, 5].map((line) => `test/job/a.test.ts:${line}`),
  ],
  [
    'nine functions in ten are 30 lines at most',
    many(`class A {\n  a() {\n${lines(29)}}\n}`),
    Object.keys(many('')).map((path) => `${path}:2`),
  ],
];

suite('a planted breach is found', () => {
  for (const [rule, files, at] of planted) {
    test(`${rule}: ${at.join(' ') || 'none'}`, async () => {
      const found = breachesOf(await houseOf(files, ['zod', 'pino', 'undici']), rule);
      assert.deepEqual(
        found.map(({ path, line }) => `${path}:${line}`),
        at,
      );
    });
  }
  test('for each rule there is', () => {
    const tried = new Set(planted.map(([rule]) => rule));
    assert.deepEqual(
      rules.map(({ name }) => name).filter((name) => !tried.has(name)),
      [],
    );
  });
});
