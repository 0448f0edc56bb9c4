import type { Command } from 'commander';
import { SystemClock } from '../adapters/system/system-clock.ts';
import { addReplayCommand } from './replay/add-replay-command.ts';
import type { Frame, Json } from './context.ts';
import { requireConfig } from './require-config.ts';
import { checkRules, printSchema, testRules } from './rules.ts';

/** `rules check`, `test` and `schema`, which need no service, and `replay`. */
export function addRulesCommands(frame: Frame): void {
  const rules = frame.program.command('rules').description('what to know of rules before they are in force');
  addCheck(rules, frame);
  addTest(rules, frame);
  addSchema(rules, frame);
  addReplayCommand(rules, frame);
}

function addCheck(rules: Command, { terminal, finish, env }: Frame): void {
  rules
    .command('check [dir]')
    .description('whether the service would take the rules; dir is RETRIGGER_RULES_DIR unless given')
    .option('--json', 'answer as JSON', false)
    .addHelpText('after', '\nExample:\n  retrigger rules check && retrigger rules test')
    .action(async (directory: string | undefined, options: Json) =>
      finish(await checkRules(pickDirectory(directory, env), terminal, new SystemClock().now(), options)),
    );
}

function addTest(rules: Command, { terminal, finish, env }: Frame): void {
  rules
    .command('test [dir]')
    .description('try the examples (*.test.yaml) on the rules beside them')
    .option('--json', 'answer as JSON', false)
    .addHelpText('after', '\nExample:\n  retrigger rules test rules/optional')
    .action(async (directory: string | undefined, options: Json) =>
      finish(await testRules(pickDirectory(directory, env), terminal, options)),
    );
}

function addSchema(rules: Command, { terminal, finish }: Frame): void {
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

function pickDirectory(directory: string | undefined, env: Frame['env']): string {
  return directory ?? requireConfig(env).rulesDir;
}
