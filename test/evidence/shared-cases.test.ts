import { describeReasons } from '../../src/report/reasons.ts';
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import * as z from 'zod';
import { gatherEvidence } from '../../src/evidence/gather-evidence.ts';
import { readRulesDir } from '../../src/adapters/system/rules-dir.ts';
import { parseRules } from '../../src/rules/language/parse-rules.ts';
import type { Rule } from '../../src/rules/language/rule.ts';
import { judge } from '../rules/matchers/failed-run.ts';
import { createMemorySource } from './memory-source.ts';

// Runs that were read or judged wrongly. They lie beside a checkout on the machines that have them.
const folder = join(import.meta.dirname, '../../../shared/cases');
const names = existsSync(folder) ? readdirSync(folder).filter((name) => /^[A-Z]\d/.test(name)) : [];
const skip = names.length > 0 ? false : `the cases are not at ${folder}`;

/** The case file expects a retry, and the README beside it says that no rule may retry a pool that does not exist. */
const contradicted = ['B24'];

const oneOrMore = <T extends z.ZodType>(schema: T) => z.union([schema, z.array(schema)]);
const Expected = z.object({
  phase: oneOrMore(z.string()).nullish(),
  steps: z.array(z.string()).nullish(),
  reason: z.string().nullish(),
  shipped: z.tuple([z.string(), z.string().nullable()]).nullish(),
  opt: z.tuple([z.string(), z.string()]).nullish(),
  say: z.array(z.string()).nullish(),
});
type Expected = z.infer<typeof Expected>;
const Case = z.object({
  summary: z.string(),
  job: z.string(),
  folder: z.string(),
  files: z.record(z.string(), z.string()),
  expect: Expected,
});

async function readRules(...directories: string[]): Promise<readonly Rule[]> {
  const files = await Promise.all(
    directories.map((each) => readRulesDir(join(import.meta.dirname, '../..', each))),
  );
  const parsed = parseRules(files.flat());
  assert.ok(parsed.kind === 'good');
  return parsed.rules.rules;
}

const states: Record<string, string> = { retry: 'scheduled', skip: 'skipped', hold: 'held' };

async function check(name: string): Promise<void> {
  const known = Case.parse(JSON.parse(readFileSync(join(folder, name, 'case.json'), 'utf8')));
  const objects = Object.entries(known.files).map(([path, file]) => [
    `${known.folder}/${path}`,
    readFileSync(join(folder, name, file), 'utf8'),
  ]);
  const source = createMemorySource(Object.fromEntries(objects));
  const evidence = await gatherEvidence(source, known.folder);
  const run = { jobName: known.job, attempt: 0, managedBy: null, evidence };
  const [shipped, all] = await Promise.all([readRules('rules'), readRules('rules', 'rules/optional')]);
  const { decision } = judge(run, shipped);
  const adopted = judge(run, all).decision;
  const account = [...describeReasons(decision.because), ...evidence.messages].join('\n');

  const { phase, steps, reason, shipped: state, opt, say } = known.expect;
  if ('phase' in known.expect)
    assert.ok([phase].flat().includes(evidence.phase ?? null), `phase ${evidence.phase}`);
  if (steps) assert.deepEqual(evidence.steps, steps);
  if (reason) assert.equal(evidence.reason, reason);
  if (state) {
    if (state[0] !== 'any') assert.equal(states[decision.outcome], state[0], account);
    if (state[1] !== null) assert.equal(decision.reason, state[1], account);
  }
  if (opt && !contradicted.includes(name)) assert.deepEqual([adopted.outcome, adopted.rule], opt, account);
  for (const word of say ?? []) assert.match(account, new RegExp(word, 'i'));
}

describe('runs that were read wrongly', { skip }, () => {
  for (const name of names) test(name, () => check(name));
});
