import { Command, InvalidArgumentError } from 'commander';
import { SystemClock } from '../adapters/system/system-clock.ts';
import { connect, loadRules, type Outside } from '../app.ts';
import type { Config } from '../config.ts';
import { createLogger } from '../logging.ts';
import { serviceUrl } from './ask-server.ts';
import { type ChainsOptions, listChains, showChain } from './chains.ts';
import { explain } from './explain.ts';
import { requireConfig } from './require-config.ts';
import { serve } from './serve.ts';
import { describeSettings } from './settings-help.ts';
import { status } from './status.ts';
import type { ExitCode, Terminal } from './terminal.ts';
import { trigger, type TriggerOptions } from './trigger.ts';
import { verify, type VerifyOptions } from './verify.ts';

interface Json {
  json: boolean;
}

type ServerOption = Partial<Pick<ChainsOptions, 'server'>>;
type Work<Args extends unknown[]> = (config: Config, outside: Outside, ...args: Args) => Promise<ExitCode>;

/** What every command is added with: where it speaks, and who takes its exit code. */
interface Frame {
  program: Command;
  terminal: Terminal;
  finish: (code: ExitCode) => void;
}

/** The command line; `finish` takes the exit code of the command that ran. */
export function createProgram(terminal: Terminal, finish: (code: ExitCode) => void): Command {
  const program = new Command('retrigger')
    .description(
      "Tries failed Prow jobs again when the failure was not the product's fault, and says how it ended.",
    )
    .showHelpAfterError('(add --help for what there is)')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => terminal.say(text.trimEnd()),
      writeErr: (text) => terminal.note(text.trimEnd()),
    });
  const frame = { program, terminal, finish };
  addServe(frame);
  addTrigger(frame);
  addStatus(frame);
  addChains(frame);
  addExplain(frame);
  addVerify(frame);
  return program;
}

function addServe({ program, finish }: Frame): void {
  program
    .command('serve')
    .description('serve until SIGTERM')
    .addHelpText('after', `\nSettings, from the environment:\n${describeSettings()}`)
    .action(async () => finish(await serve(requireConfig())));
}

function addTrigger({ program, terminal, finish }: Frame): void {
  const work: Work<[string, TriggerOptions]> = (config, outside, job, options) =>
    trigger(config, outside, terminal, job, options);
  program
    .command('trigger <job>')
    .description('start a periodic job through Gangway, with RETRIGGER_GANGWAY_TOKEN')
    .option('-e, --env <K=V>', 'a variable for ci-operator; may be repeated', readEnv, {})
    .option('--json', 'answer as JSON', false)
    .addHelpText('after', '\nExample:\n  retrigger trigger JOB --env MULTISTAGE_PARAM_OVERRIDE_X=1')
    .action(connected(finish, work));
}

function addStatus({ program, terminal, finish }: Frame): void {
  const work: Work<[string, Json]> = (config, outside, id, options) =>
    status(config, outside, terminal, id, options);
  program
    .command('status <prow-job-id>')
    .description('ask Gangway how a run is doing, with RETRIGGER_GANGWAY_TOKEN')
    .option('--json', 'answer as JSON', false)
    .addHelpText('after', '\nExample:\n  retrigger status 89b090c9-7a46-11ed-9cbb-0a580a812bf4')
    .action(connected(finish, work));
}

function addChains({ program, terminal, finish }: Frame): void {
  const list: Work<[Omit<ChainsOptions, 'server'> & ServerOption]> = (config, { http }, options) =>
    listChains(http, terminal, { ...options, server: options.server ?? serviceUrl(config) });
  const show: Work<[string, Json & ServerOption]> = (config, { http }, id, { server, json }) =>
    showChain(http, terminal, id, { server: server ?? serviceUrl(config), json });
  const chains = program.command('chains').description('what the running service knows of failed runs');
  chains
    .command('list', { isDefault: true })
    .description('list chains, newest first (chains alone does the same)')
    .option('--job <glob>', 'only jobs that match')
    .option('--state <state>', 'only chains in this state; several with commas between them')
    .option('--limit <n>', 'how many, at most 1000')
    .option('--after <cursor>', 'the page after the one that ended with this')
    .option('--server <url>', 'the address of the service', readServer)
    .option('--json', 'answer as JSON', false)
    .addHelpText(
      'after',
      '\nExample:\n  retrigger chains --job "periodic-ci-*aws*" --state scheduled,following',
    )
    .action(connected(finish, list));
  chains
    .command('show <id>')
    .description('show one chain: its runs, and why it was decided as it was')
    .option('--server <url>', 'the address of the service', readServer)
    .option('--json', 'answer as JSON', false)
    .action(connected(finish, show));
}

function addExplain({ program, terminal, finish }: Frame): void {
  const work: Work<[string, string | undefined, Json]> = async (config, outside, first, buildId, options) => {
    const rules = await loadRules(config.rulesDir);
    const run = buildId === undefined ? [first] : [first, buildId];
    return explain(config, outside, rules, terminal, run, options);
  };
  program
    .command('explain <job-or-url> [build-id]')
    .description('show what a past run left behind and what the rules make of it; triggers nothing')
    .option('--json', 'answer as JSON', false)
    .addHelpText(
      'after',
      '\nExamples:\n  retrigger explain JOB 1602362182819909632\n' +
        '  retrigger explain https://prow.ci.openshift.org/view/gs/test-platform-results/logs/JOB/BUILD',
    )
    .action(connected(finish, work));
}

function addVerify({ program, terminal, finish }: Frame): void {
  const work: Work<[VerifyOptions]> = (config, outside, options) => {
    const bench = { config, outside, clock: new SystemClock(), log: createLogger('silent') };
    return verify(bench, terminal, options);
  };
  program
    .command('verify')
    .description('prove a deployment: settings, rules, store, Gangway, bucket, and a message in Slack')
    .option('--no-slack', 'post no message')
    .option('--json', 'answer as JSON', false)
    .action(connected(finish, work));
}

/** A command that talks to the outside: connected before it, let go after it. */
function connected<Args extends unknown[]>(
  finish: Frame['finish'],
  work: Work<Args>,
): (...args: Args) => Promise<void> {
  return async (...args) => {
    const config = requireConfig();
    const outside = connect(config, new SystemClock());
    try {
      finish(await work(config, outside, ...args));
    } finally {
      await outside.http.close();
    }
  };
}

function readServer(text: string): string {
  if (!/^https?:\/\//.test(text) || !URL.canParse(text)) {
    throw new InvalidArgumentError('Write an address such as http://127.0.0.1:5000.');
  }
  return text.replace(/\/+$/, '');
}

function readEnv(text: string, sofar: Record<string, string>): Record<string, string> {
  const [, name, value] = /^([A-Za-z_][A-Za-z0-9_]*)=(.+)$/s.exec(text) ?? [];
  if (name === undefined || value === undefined) {
    throw new InvalidArgumentError('Write it as NAME=VALUE, neither of them empty.');
  }
  return { ...sofar, [name]: value };
}
