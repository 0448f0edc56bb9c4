import assert from 'node:assert/strict';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import { parse } from 'yaml';
import { readExamplesDir, readRulesDir } from '../../src/adapters/system/rules-dir.ts';
import { describeSchema } from '../../src/rules/language/rule.ts';
import { parseExamples } from '../../src/rules/tools/example-file.ts';
import { parseRules, warnOfRules } from '../../src/rules/language/parse-rules.ts';
import { runExamples } from '../../src/rules/tools/run-examples.ts';
import { findBreach } from './find-breach.ts';

const shipped = join(import.meta.dirname, '../../rules');
const optional = join(shipped, 'optional');
const adopted = mkdtempSync(join(tmpdir(), 'retrigger-rules-'));
after(() => rmSync(adopted, { recursive: true }));
for (const from of [shipped, optional]) {
  for (const name of readdirSync(from).filter((each) => each.endsWith('.yaml')))
    cpSync(join(from, name), join(adopted, name));
}

for (const [what, directory] of [
  ['that ship', shipped],
  ['that are off', optional],
  ['that ship, with all that are off adopted', adopted],
] as const) {
  test(`the rules ${what} do as their examples say, and each of them has one`, async () => {
    const rules = parseRules(await readRulesDir(directory));
    const examples = parseExamples(await readExamplesDir(directory));
    assert.ok(rules.kind === 'good' && examples.kind === 'good');
    assert.deepEqual(warnOfRules(rules, Date.now()), []);
    const trial = runExamples(examples.examples, rules.rules.rules);
    assert.deepEqual(trial.unreached, []);
    assert.deepEqual(
      trial.examples.filter(({ differences }) => differences.length > 0),
      [],
    );
  });
}

test('of the rules that ship only that of the predecessor is on', async () => {
  const rules = parseRules(await readRulesDir(shipped));
  assert.ok(rules.kind === 'good');
  const { budgets, outage } = rules.rules;
  assert.deepEqual(
    [rules.rules.rules.map(({ name }) => name), budgets, outage],
    [['setup-failure'], [], null],
  );
});

test('rules/schema.json is what `rules schema` prints', () =>
  assert.equal(
    readFileSync(join(shipped, 'schema.json'), 'utf8'),
    `${JSON.stringify(describeSchema(), null, 2)}\n`,
    'node src/main.ts rules schema > rules/schema.json',
  ));

test('each rule file names the schema beside it, holds to it, and has examples beside it', async () => {
  const schema = JSON.parse(JSON.stringify(describeSchema()));
  for (const { path, text } of [...(await readRulesDir(shipped)), ...(await readRulesDir(optional))]) {
    const [, named = ''] = /^# yaml-language-server: \$schema=(\S+)\n/.exec(text) ?? [];
    assert.ok(named !== '' && existsSync(join(dirname(path), named)), path);
    assert.equal(findBreach(schema, parse(text)), null, path);
    assert.ok(existsSync(path.replace(/\.yaml$/, '.test.yaml')), path);
  }
});
