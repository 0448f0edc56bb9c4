import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { describeSchema } from '../../src/rules/language/rule.ts';
import { parseExamples } from '../../src/rules/tools/example-file.ts';
import { parseRules } from '../../src/rules/language/parse-rules.ts';
import { runExamples } from '../../src/rules/tools/run-examples.ts';
import { findBreach, type Schema } from './find-breach.ts';

const readme = readFileSync(join(import.meta.dirname, '../../README.md'), 'utf8');
const chapter = readme.slice(readme.indexOf('\n## Rules\n'), readme.indexOf('\n## Commands\n'));
const [rulesText = '', examplesText = ''] = chapter.matchAll(/```yaml\n(.*?)```/gs).map(([, text]) => text);
const schema: Schema = JSON.parse(JSON.stringify(describeSchema()));

test('the rules in the README are right, and show every key there is', () => {
  const parsed = parseRules([{ path: 'README.md', text: rulesText }]);
  assert.deepEqual(parsed.kind === 'bad' ? parsed.problems : [], []);
  assert.equal(findBreach(schema, parse(rulesText)), null);
  const missing = listKeys(schema).filter((key) => !new RegExp(`\\b${key}:`).test(rulesText));
  assert.deepEqual(missing, []);
});

test('the example in the README comes as it expects by the rules there', () => {
  const rules = parseRules([{ path: 'README.md', text: rulesText }]);
  const parsed = parseExamples([{ path: 'README.md', text: examplesText }]);
  assert.deepEqual(parsed.kind === 'bad' ? parsed.problems : [], []);
  assert.ok(rules.kind === 'good' && parsed.kind === 'good');
  const { examples, unreached } = runExamples(parsed.examples, rules.rules.rules);
  assert.deepEqual(unreached, []);
  assert.deepEqual(
    examples.map(({ differences }) => differences),
    [[]],
  );
});

function listKeys(node: Schema): string[] {
  const inner = [...(node.items ? [node.items] : []), ...(node.anyOf ?? [])].flatMap(listKeys);
  return Object.entries(node.properties ?? {})
    .flatMap(([key, value]) => [key, ...listKeys(value)])
    .concat(inner);
}
