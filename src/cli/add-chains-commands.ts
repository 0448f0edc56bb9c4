import { serviceUrl } from './service-url.ts';
import { type ChainsOptions, listChains, showChain } from './chains.ts';
import { connected, type Frame, type Json, readServer, type ServerOption, type Work } from './context.ts';

/** `chains`, which lists them, and `chains show`; both speak with the running service. */
export function addChainsCommands({ program, terminal, finish, env }: Frame): void {
  const listing: Work<[Omit<ChainsOptions, 'server'> & ServerOption]> = (config, { http }, options) =>
    listChains(http, terminal, { ...options, server: options.server ?? serviceUrl(config) });
  const showing: Work<[string, Json & ServerOption]> = (config, { http }, id, { server, json }) =>
    showChain(http, terminal, id, { server: server ?? serviceUrl(config), json });
  const chains = program
    .command('chains')
    .description('what the running service knows of failed runs: lists chains, newest first')
    .addHelpText('after', listExample);
  const list = chains
    .command('list', { isDefault: true })
    .description('list chains, newest first (chains alone does the same)')
    .option('--job <glob>', 'only jobs that match')
    .option('--state <state>', 'only chains in this state; several with commas between them')
    .option('--limit <n>', 'how many, at most 1000')
    .option('--after <cursor>', 'the page after the one that ended with this')
    .option('--server <url>', 'the address of the service', readServer)
    .option('--json', 'answer as JSON', false)
    .addHelpText('after', listExample)
    .action(connected({ finish, env }, listing));
  chains
    .command('show <id>')
    .description('show one chain: its runs, and why it was decided as it was')
    .option('--server <url>', 'the address of the service', readServer)
    .option('--json', 'answer as JSON', false)
    .action(connected({ finish, env }, showing));
  // `chains` alone takes what `list` does, so its help shows that.
  const visibleOptions = () => list.createHelp().visibleOptions(list);
  chains.configureHelp({ ...chains.configureHelp(), visibleOptions });
}

const listExample = '\nExample:\n  retrigger chains --job "periodic-ci-*aws*" --state scheduled,following';
