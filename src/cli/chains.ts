import { isAttemptToCome, type ChainView, type RunView } from '../report/chain/view-chain.ts';
import { withClients, type CliContext, type Json, type CommandWork } from './context.ts';
import { tabulate, answer, CommandFailure, type ExitCode, type Terminal } from './terminal.ts';
import { readServer, type ServerOption, askServer, expectField } from './server-api.ts';
import { serviceUrl } from '../config/read-config.ts';
import type { HttpClient } from '../http/http-client.ts';

/** `chains`, which lists them, and `chains show`; both speak with the running service. */
export function addChainsCommands({ program, terminal, finish, env }: CliContext): void {
  const listing: CommandWork<[Omit<ChainsOptions, 'server'> & ServerOption]> = (config, { http }, options) =>
    printChains(http, terminal, { ...options, server: options.server ?? serviceUrl(config) });
  const showing: CommandWork<[string, Json & ServerOption]> = (config, { http }, id, { server, json }) =>
    printChain(http, terminal, id, { server: server ?? serviceUrl(config), json });
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
    .action(withClients({ finish, env }, listing));
  chains
    .command('show <id>')
    .description('show one chain: its runs, and why it was decided as it was')
    .option('--server <url>', 'the address of the service', readServer)
    .option('--json', 'answer as JSON', false)
    .action(withClients({ finish, env }, showing));
  // `chains` alone takes what `list` does, so its help shows that.
  const visibleOptions = () => list.createHelp().visibleOptions(list);
  chains.configureHelp({ ...chains.configureHelp(), visibleOptions });
}

const listExample = '\nExample:\n  retrigger chains --job "periodic-ci-*aws*" --state scheduled,following';

interface ChainsOptions {
  server: string;
  json: boolean;
  job?: string;
  state?: string;
  limit?: string;
  after?: string;
}

interface Page {
  chains: ChainView[];
  next: string | null;
}

/** Lists the chains of a running service, newest first, a page at a time. */
async function printChains(http: HttpClient, terminal: Terminal, options: ChainsOptions): Promise<ExitCode> {
  const query = new URLSearchParams();
  for (const key of ['job', 'state', 'limit', 'after'] as const) {
    const value = options[key];
    if (value !== undefined) query.set(key, value);
  }
  const body = await askServer(http, options.server, `/api/v1/chains?${query}`);
  const { chains, next } = expectField<Page>(body, 'chains');
  const lines = chains.length === 0 ? ['No chains.'] : tabulate([columns, ...chains.map(summarize)]);
  const more = next === null ? [] : [`More: --after ${next}`];
  answer(terminal, options.json, body, [...lines, ...more]);
  return 0;
}

/** Shows one chain of a running service: its runs, and the account of its last decision. */
async function printChain(
  http: HttpClient,
  terminal: Terminal,
  id: string,
  { server, json }: Pick<ChainsOptions, 'server' | 'json'>,
): Promise<ExitCode> {
  const body = await askServer(http, server, `/api/v1/chains/${encodeURIComponent(id)}`);
  if (body === null) throw new CommandFailure(`There is no chain ${id} at ${server}.`);
  answer(terminal, json, body, describeChain(expectField<ChainView>(body, 'runs')));
  return 0;
}

const columns = ['ID', 'CREATED (UTC)', 'STATE', 'ATTEMPT', 'NEXT ATTEMPT (UTC)', 'REASON', 'JOB'];

function summarize(chain: ChainView): string[] {
  const { id, created_at: created, state, next_attempt_at: next, job_name: job, runs, decision } = chain;
  const attempt = (runs.at(-1)?.attempt ?? 0).toString();
  return [
    id,
    shorten(created),
    state,
    attempt,
    next === null ? '-' : shorten(next),
    decision?.reason ?? '-',
    job,
  ];
}

/** To the minute. */
function shorten(time: string): string {
  return time.slice(0, 16).replace('T', ' ');
}

function describeChain(chain: ChainView): string[] {
  const { created_at: created, closed_at: closed, next_attempt_at: next } = chain;
  const times = [
    `created ${created}`,
    ...(closed === null ? [] : [`closed ${closed}`]),
    ...(next === null ? [] : [`next attempt at ${next}`]),
  ];
  const runs = chain.runs.flatMap((run) => describeRun(run, closed !== null));
  return [`${chain.job_name} is ${chain.state}`, ...times, ...runs, ...describeDecision(chain)];
}

function describeDecision({ state, decision }: ChainView): string[] {
  if (decision === null) return ['not decided yet'];
  const { outcome, reason, because } = decision;
  const isPast = outcome === 'retry' && !isAttemptToCome(state);
  return [`${isPast ? 'last decision, ' : ''}${outcome}: ${reason}`, ...because.map((fact) => `  ${fact}`)];
}

function describeRun(run: RunView, isClosed: boolean): string[] {
  const { attempt, prow_job_id: id, build_id: build, phase, steps, labels, url } = run;
  const where = phase === null ? '' : `, in ${phase}${steps.length === 0 ? '' : ` (${steps.join(', ')})`}`;
  const status = run.status ?? describeUnfinished(run, isClosed);
  const line = `attempt ${attempt}: ${status}${where}, build ${build ?? 'not known yet'}, ${id}`;
  const known = labels.length === 0 ? [] : [`  known failures: ${labels.join(', ')}`];
  return [line, ...known, ...(url === null ? [] : [`  ${url}`])];
}

function describeUnfinished({ url }: RunView, isClosed: boolean): string {
  if (isClosed) return 'not followed any more';
  return url === null ? 'not seen yet' : 'running';
}
