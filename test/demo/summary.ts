import { type Chain, currentRun } from '../../src/chain/chain.ts';
import type { Prow } from '../prow/start-prow.ts';
import { testName } from '../prow/cluster/job-definition.ts';
import { type ScriptedJob, script } from './script.ts';
import type { ChainWatch } from './watch-chains.ts';

const outcomes: Partial<Record<Chain['state'], string>> = {
  passed: 'passed: it was a flake',
  exhausted: 'failed again: exhausted',
  skipped: 'left alone: skipped',
};

/** How each job ended, a row each, below the column titles. */
export function tabulateEnds({ chains, decisions }: ChainWatch): string[] {
  const rows = script.map(({ job }) => {
    const chain = chains.get(job.name);
    const [first] = decisions.get(job.name) ?? [];
    if (chain === undefined) return [testName(job), '-', '-', '-', 'never heard of'];
    const { phase, steps } = chain.runs[0] ?? { phase: null, steps: [] };
    return [
      testName(job),
      `${phase ?? 'unknown'}: ${steps.join(', ')}`,
      first === undefined ? '-' : `${first.outcome} (${first.reason})`,
      String(currentRun(chain).attempt),
      outcomes[chain.state] ?? chain.state,
    ];
  });
  const table = [['job', 'first failure', 'decision', 'attempts', 'outcome'], ...rows];
  const widths = (table[0] ?? []).map((_, column) =>
    Math.max(...table.map((row) => row[column]?.length ?? 0)),
  );
  return table.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('   ')
      .trimEnd(),
  );
}

/** What differs from the script, a line each; empty if all went as written. */
export function listDifferences(
  watch: ChainWatch,
  prow: Prow,
  messages: ReadonlyMap<string, string[]>,
): string[] {
  const differences = script.flatMap((part) => [
    ...compareChain(part, watch),
    ...compareDelay(part, prow),
    ...compareTitles(part, messages.get(part.job.name) ?? []),
  ]);
  const strays = prow.slack.messages.filter(({ status }) => status !== 200).length;
  return strays === 0 ? differences : [...differences, `Slack refused ${strays} messages`];
}

function compareChain({ job, state, attempts, decisions }: ScriptedJob, watch: ChainWatch): string[] {
  const chain = watch.chains.get(job.name);
  if (chain === undefined) return [`${job.name}: there is no chain`];
  const decided = (watch.decisions.get(job.name) ?? []).map(({ outcome, reason }) => `${outcome} ${reason}`);
  const pairs = [
    ['state', chain.state, state],
    ['attempts', String(currentRun(chain).attempt), String(attempts)],
    ['decisions', decided.join(', '), decisions.join(', ')],
  ];
  return pairs
    .filter(([, is, should]) => is !== should)
    .map(([what, is, should]) => `${job.name}: ${what}: ${is === '' ? 'none' : is} instead of ${should}`);
}

/** The shipped rule's delay is part of the story: no attempt comes sooner after the failed run's end. */
function compareDelay({ job, attempts }: ScriptedJob, prow: Prow): string[] {
  const [first, ...others] = prow.runs.filter(({ jobName }) => jobName === job.name);
  if (others.length !== attempts) return [`${job.name}: ${others.length} more runs instead of ${attempts}`];
  const waited = others.map(({ createdAt }) => createdAt - (first?.completedAt ?? Infinity));
  return waited.every((ms) => ms > 29 * 60_000)
    ? []
    : [`${job.name}: the attempt came after ${waited.join()} ms`];
}

function compareTitles({ job, titles }: ScriptedJob, told: readonly string[]): string[] {
  const isTold =
    told.length === titles.length && titles.every((title, index) => title.test(told[index] ?? ''));
  return isTold ? [] : [`${job.name}: Slack was told: ${told.join(' | ') || 'nothing'}`];
}
