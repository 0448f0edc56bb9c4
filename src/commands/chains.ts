import type { ChainView, RunView } from '../chain/view-chain.ts';
import type { HttpClient } from '../http.ts';
import { askServer } from './ask-server.ts';
import { answer, CommandFailure, type ExitCode, type Terminal } from './terminal.ts';

export interface ChainsOptions {
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
export async function listChains(
  http: HttpClient,
  terminal: Terminal,
  options: ChainsOptions,
): Promise<ExitCode> {
  const query = new URLSearchParams();
  for (const key of ['job', 'state', 'limit', 'after'] as const) {
    const value = options[key];
    if (value !== undefined) query.set(key, value);
  }
  const body = await askServer(http, options.server, `/api/v1/chains?${query}`);
  const { chains, next } = expectField<Page>(body, 'chains');
  const lines = chains.length === 0 ? ['No chains.'] : tabulate(chains.map(summarize));
  const more = next === null ? [] : [`More: --after ${next}`];
  answer(terminal, options.json, body, [...lines, ...more]);
  return 0;
}

/** Shows one chain of a running service: its runs, and the account of its last decision. */
export async function showChain(
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

/** The answer of our own service; something else may listen at the address. */
function expectField<T>(body: unknown, field: keyof T): T {
  if (typeof body === 'object' && body !== null && field in body) return body as T;
  throw new CommandFailure('The answer is not that of a retrigger service: is the address right?');
}

function summarize({ id, created_at: at, state, job_name: job, runs, decision }: ChainView): string[] {
  const attempts = (runs.at(-1)?.attempt ?? 0).toString();
  return [id, at.slice(0, 16).replace('T', ' '), state, `attempt ${attempts}`, decision?.reason ?? '-', job];
}

function tabulate(rows: readonly string[][]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}

function describeChain(chain: ChainView): string[] {
  const next = chain.next_attempt_at === null ? [] : [`next attempt at ${chain.next_attempt_at}`];
  const { decision } = chain;
  const why =
    decision === null
      ? ['not decided yet']
      : [`${decision.outcome}: ${decision.reason}`, ...decision.because.map((fact) => `  ${fact}`)];
  return [`${chain.job_name} is ${chain.state}`, ...next, ...chain.runs.flatMap(describeRun), ...why];
}

function describeRun({
  attempt,
  prow_job_id: id,
  build_id: build,
  status,
  phase,
  steps,
  url,
}: RunView): string[] {
  const where = phase === null ? '' : `, in ${phase}${steps.length === 0 ? '' : ` (${steps.join(', ')})`}`;
  const line = `attempt ${attempt}: ${status ?? 'running'}${where}, build ${build ?? 'not known yet'}, ${id}`;
  return url === null ? [line] : [line, `  ${url}`];
}
