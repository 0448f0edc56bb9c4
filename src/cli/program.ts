import { Command, InvalidArgumentError } from 'commander';
import { SystemClock } from '../adapters/system/system-clock.ts';
import { loadRules } from '../app/load-rules.ts';
import { readVersion } from '../app/deployment.ts';
import { readConfig } from '../config/read-config.ts';
import { addChainsCommands } from './chains.ts';
import { addRulesCommands } from './rules.ts';
import { addSilenceCommands } from './silences.ts';
import { explain } from './explain.ts';
import { withClients, type CliContext, type Json, type CommandWork, requireConfig } from './context.ts';
import { readServer } from './server-api.ts';
import { status, trigger, type TriggerOptions } from './gangway-commands.ts';
import { printBadSettings, verify, type VerifyOptions } from './verify/verify.ts';
import { settings } from '../config/settings.ts';

const howToCall =
  '\nIn the repository, retrigger stands for: npm run --silent retrigger --' +
  '\nIn the image: node src/main.ts';

/** The command line; `finish` takes the exit code of the command that ran. */
export function createProgram({ terminal, finish, env }: Omit<CliContext, 'program'>): Command {
  const program = new Command('retrigger')
    .description(
      "Tries failed Prow jobs again when the failure was not the product's fault, and says how it ended.",
    )
    .version(readVersion())
    .configureHelp({ optionDescription: ({ description }) => description })
    .addHelpText('after', howToCall)
    .showHelpAfterError('(add --help for what there is)')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => terminal.out(text.trimEnd()),
      writeErr: (text) => terminal.err(text.trimEnd()),
    });
  const context = { program, terminal, finish, env };
  addServe(context);
  addTrigger(context);
  addStatus(context);
  addChainsCommands(context);
  addSilenceCommands(context);
  addExplain(context);
  addRulesCommands(context);
  addVerify(context);
  return program;
}

function addServe({ program, finish, env }: CliContext): void {
  program
    .command('serve')
    .description('serve until SIGTERM')
    .addHelpText('after', `\nSettings, from the environment:\n${describeSettings()}`)
    .action(async () => {
      // It brings the server and Slack's library along, which no other command needs.
      const { serve } = await import('./serve.ts');
      finish(await serve(requireConfig(env)));
    });
}

function addTrigger({ program, terminal, finish, env }: CliContext): void {
  const work: CommandWork<[string, TriggerOptions]> = (config, clients, job, options) =>
    trigger(config, clients, terminal, job, options);
  program
    .command('trigger <job>')
    .description('start a periodic job through Gangway, with RETRIGGER_GANGWAY_TOKEN')
    .option('-e, --env <K=V>', 'variable for ci-operator; repeatable', readEnv, {})
    .option('--json', 'answer as JSON', false)
    .addHelpText('after', '\nExample:\n  retrigger trigger JOB --env RELEASE_IMAGE_LATEST=PULLSPEC')
    .action(withClients({ finish, env }, work));
}

function addStatus({ program, terminal, finish, env }: CliContext): void {
  const work: CommandWork<[string, Json]> = (config, clients, id, options) =>
    status(config, clients, terminal, id, options);
  program
    .command('status <prow-job-id>')
    .description('ask Gangway how a run is doing, with RETRIGGER_GANGWAY_TOKEN')
    .option('--json', 'answer as JSON', false)
    .addHelpText('after', '\nExample:\n  retrigger status 89b090c9-7a46-11ed-9cbb-0a580a812bf4')
    .action(withClients({ finish, env }, work));
}

function addExplain({ program, terminal, finish, env }: CliContext): void {
  const work: CommandWork<[string, string | undefined, Json]> = async (
    config,
    clients,
    first,
    buildId,
    options,
  ) => {
    const { rules } = await loadRules(config.rulesDir);
    const run = buildId === undefined ? [first] : [first, buildId];
    const { source, records } = clients;
    const { prowUrl } = config;
    const deps = { source, records, rules: () => rules, clock: new SystemClock(), settings: { prowUrl } };
    return explain(deps, terminal, run, options);
  };
  program
    .command('explain <job-or-url> [build-id]')
    .description('show what a past run left behind and what the rules make of it; triggers nothing')
    .option('--json', 'answer as JSON', false)
    .addHelpText(
      'after',
      '\nExamples:\n  retrigger explain JOB 1602362182819909632\n' +
        '  retrigger explain https://prow.ci.openshift.org/view/gs/test-platform-results-public/logs/JOB/BUILD',
    )
    .action(withClients({ finish, env }, work));
}

function addVerify({ program, terminal, finish, env }: CliContext): void {
  const work: CommandWork<[VerifyOptions]> = (config, clients, options) =>
    verify({ config, clients, now: new SystemClock().now() }, terminal, options);
  program
    .command('verify')
    .description('prove a deployment: settings, rules, store, Gangway, bucket, and a message in Slack')
    .option(
      '--server <url>',
      'the deployment; without it, the service of the settings, where one runs',
      readServer,
    )
    .option('--no-slack', 'post no message')
    .option('--json', 'answer as JSON', false)
    .addHelpText('after', '\nExample:\n  retrigger verify --server https://HOST --no-slack')
    .action(async (options: VerifyOptions) => {
      const read = readConfig(env);
      if (options.json && !read.ok) return finish(printBadSettings(terminal, read.problems));
      await withClients({ finish, env }, work)(options);
    });
}

function readEnv(text: string, sofar: Record<string, string>): Record<string, string> {
  const [, name, value] = /^([A-Za-z_][A-Za-z0-9_]*)=(.+)$/s.exec(text) ?? [];
  if (name === undefined || value === undefined) {
    throw new InvalidArgumentError('Write it as NAME=VALUE, neither of them empty.');
  }
  return { ...sofar, [name]: value };
}

/** The settings as lines for `--help`. */
function describeSettings(): string {
  const width = Math.max(...settings.map(({ name }) => name.length));
  return settings
    .map(
      ({ name, about, fallback }) =>
        `  ${name.padEnd(width)}  ${about}${fallback === null ? '' : ` [${fallback}]`}`,
    )
    .join('\n');
}
