import { describeReasons } from '../report/reasons.ts';
import type { Command } from 'commander';
import { SystemClock } from '../adapters/system/system-clock.ts';
import { addReplayCommand } from './replay/replay.ts';
import { type CliContext, type Json, requireConfig } from './context.ts';
import { answer, type ExitCode, type Terminal } from './terminal.ts';
import { NoRegularFile } from '../adapters/system/read-regular-file.ts';
import { readExamplesDir } from '../adapters/system/rules-dir.ts';
import { readRules } from '../app/load-rules.ts';
import { describeSchema } from '../rules/language/rule.ts';
import { parseExamples } from '../rules/tools/example-file.ts';
import { type ExampleResult, runExamples } from '../rules/tools/run-examples.ts';
import { warnOfRules } from '../rules/language/parse-rules.ts';
import { pluralize } from '../text/pluralize.ts';

/** `rules check`, `test` and `schema`, which need no service, and `replay`. */
export function addRulesCommands(context: CliContext): void {
  const rules = context.program
    .command('rules')
    .description('what to know of rules before they are in force');
  addCheck(rules, context);
  addTest(rules, context);
  addSchema(rules, context);
  addReplayCommand(rules, context);
}

function addCheck(rules: Command, { terminal, finish, env }: CliContext): void {
  rules
    .command('check [dir]')
    .description('whether the service would take the rules; dir is RETRIGGER_RULES_DIR unless given')
    .option('--json', 'answer as JSON', false)
    .addHelpText('after', '\nExample:\n  retrigger rules check && retrigger rules test')
    .action(async (directory: string | undefined, options: Json) =>
      finish(await checkRules(pickDirectory(directory, env), terminal, new SystemClock().now(), options)),
    );
}

function addTest(rules: Command, { terminal, finish, env }: CliContext): void {
  rules
    .command('test [dir]')
    .description('try the examples (*.test.yaml) on the rules beside them')
    .option('--json', 'answer as JSON', false)
    .addHelpText('after', '\nExample:\n  retrigger rules test rules/optional')
    .action(async (directory: string | undefined, options: Json) =>
      finish(await testRules(pickDirectory(directory, env), terminal, options)),
    );
}

function addSchema(rules: Command, { terminal, finish }: CliContext): void {
  rules
    .command('schema')
    .description('the JSON schema of a rule file, for editors')
    .option('--json', 'the same: the schema is JSON', false)
    .addHelpText(
      'after',
      '\nExample:\n  retrigger rules schema > rules/schema.json\n' +
        '  and as first line of a rule file: # yaml-language-server: $schema=./schema.json',
    )
    .action(() => finish(printSchema(terminal)));
}

function pickDirectory(directory: string | undefined, env: CliContext['env']): string {
  return directory ?? requireConfig(env).rulesDir;
}

/** Whether the service would take the rules in the directory; `now` in ms since the epoch tells which have expired. */
async function checkRules(
  directory: string,
  terminal: Terminal,
  now: number,
  { json }: Json,
): Promise<ExitCode> {
  const parsed = await readRules(directory);
  if (parsed.kind === 'bad') return formatProblems(parsed.problems, terminal, json);
  const { length } = parsed.rules.rules;
  const warnings = [...parsed.fileWarnings, ...warnOfRules(parsed, now)];
  answer(terminal, json, { ok: true, rules: length, warnings, problems: [] }, [
    ...warnings.map(markWarning),
    `${pluralize(length, 'rule')} in ${directory}: good.`,
  ]);
  return 0;
}

/** Tries the directory's examples (`*.test.yaml`) on its rules. */
async function testRules(directory: string, terminal: Terminal, { json }: Json): Promise<ExitCode> {
  const rules = await readRules(directory);
  if (rules.kind === 'bad') return formatProblems(rules.problems, terminal, json);
  const files = await readExamplesDir(directory).catch(returnNoRegularFile);
  if (files instanceof NoRegularFile) return formatProblems([files.message], terminal, json);
  const parsed = parseExamples(files);
  if (parsed.kind === 'bad') return formatProblems(parsed.problems, terminal, json);
  const { examples, unreached } = runExamples(parsed.examples, rules.rules.rules);
  const problems = examples.length > 0 ? [] : describeNoExamples(directory, files);
  const failed = examples.filter(({ differences }) => differences.length > 0).length;
  const isGood = failed === 0 && problems.length === 0;
  const warnings = rules.fileWarnings;
  answer(terminal, json, { ok: isGood, examples, unreached, problems, warnings }, [
    ...problems,
    ...warnings.map(markWarning),
    ...examples.flatMap(describeExample),
    ...unreached.map((rule) => `${rules.places.get(rule) ?? ''}: rule ${rule} is reached by no example`),
    `${pluralize(examples.length, 'example')}, ${failed} failed; ${pluralize(unreached.length, 'rule')} reached by none.`,
  ]);
  return isGood ? 0 : 1;
}

function returnNoRegularFile(error: unknown): NoRegularFile {
  if (error instanceof NoRegularFile) return error;
  throw error;
}

function markWarning(warning: string): string {
  return `${warning} (a warning)`;
}

function describeNoExamples(directory: string, files: readonly { path: string }[]): string[] {
  if (files.length === 0) return [`${directory} holds no examples (*.test.yaml).`];
  return files.map(({ path }) => `${path} holds no examples.`);
}

/** The JSON schema of a rule file, as `rules/schema.json` holds it. */
function printSchema(terminal: Terminal): ExitCode {
  terminal.out(JSON.stringify(describeSchema(), null, 2));
  return 0;
}

function formatProblems(problems: readonly string[], terminal: Terminal, json: boolean): ExitCode {
  answer(terminal, json, { ok: false, problems }, problems);
  return 1;
}

function describeExample({ name, place, differences, decision }: ExampleResult): string[] {
  if (differences.length === 0) return [`ok      ${name}`];
  return [
    `FAILED  ${name}`,
    `          at ${place}`,
    ...differences.map(({ key, expected, came }) => `          ${key}: expected ${expected}, came ${came}`),
    ...describeReasons(decision.because).map((fact) => `          - ${fact}`),
  ];
}
