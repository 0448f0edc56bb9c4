import { availableParallelism } from 'node:os';
import { Command, InvalidArgumentError, Option } from 'commander';
import { describeBreaches, toFinding } from './findings.ts';
import { runSeed } from './run-seed.ts';
import { runSeeds } from './run-seeds.ts';

const examples = `
Examples:
  npm run simulate                                 five hundred worlds
  npm run simulate -- --seeds 20000                as many as wanted
  npm run simulate -- --seeds 20000 --table        and how often each fault met each invariant
  npm run simulate -- --seed 4711                  one world, with all that happened in it
`;

interface Options {
  seeds: number;
  first: number;
  seed?: number;
  threads: number;
  table?: boolean;
}

const program = new Command('simulate')
  .description(
    'Lives through simulated worlds in which the service is killed, cut off and lied to, and holds each against the ' +
      'invariants. Exit 0: all of them hold; 1: one does not; 2: used wrongly.',
  )
  .option('--seeds <n>', 'how many worlds', readCount, 500)
  .option('--first <n>', 'the seed to begin with', readCount, 1)
  .addOption(
    new Option('--seed <n>', 'only this world, with its trace')
      .argParser(readCount)
      .conflicts(['seeds', 'first', 'threads', 'table']),
  )
  .option('--threads <n>', 'worlds at a time', readCount, availableParallelism())
  .option('--table', 'print how often each fault met each invariant, as Markdown')
  .addHelpText('after', examples)
  // As the service's own commands do: 1 is the answer no, 2 a wrong use.
  .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : 2))
  .action(async (options: Options) => {
    process.exitCode = (await (options.seed === undefined ? runMany(options) : runOne(options.seed))) ? 0 : 1;
  });

await program.parseAsync();

function readCount(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError('It is a whole number from 1 on.');
  return Number(text);
}

async function runOne(seed: number): Promise<boolean> {
  const outcome = await runSeed(seed);
  for (const line of outcome.trace) process.stdout.write(`${line}\n`);
  const finding = toFinding(outcome);
  process.stdout.write(`${outcome.accepted} failures accepted, ${outcome.attempts} attempts created\n`);
  if (finding.breaches.length === 0) {
    const held = finding.held.reduce((sum, [, times]) => sum + times, 0);
    process.stdout.write(
      `every invariant holds: ${held} things were held against ${finding.held.length} of them\n`,
    );
    return true;
  }
  process.stdout.write(`${describeBreaches(finding, 20)}\n`);
  return false;
}

async function runMany({ seeds, first, threads, table = false }: Options): Promise<boolean> {
  const abort = new AbortController();
  process.once('SIGINT', () => abort.abort());
  const began = performance.now();
  const findings = await runSeeds({
    first,
    count: seeds,
    threads,
    signal: abort.signal,
    tell: (finding, { worlds, breached }) => {
      if (finding.breaches.length > 0) clearAndSay(describeBreaches(finding));
      if (process.stderr.isTTY || worlds % 500 === 0)
        sayProgress(`${worlds} of ${seeds}, ${breached.length} breached`);
    },
  });
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  const { worlds, accepted, attempts, breached } = findings;
  const holes = findings.holes();
  sayProgress('');
  process.stdout.write(
    `${worlds} worlds in ${seconds} s: ${accepted} failures accepted, ${attempts} attempts created, ` +
      `${breached.length} worlds breached an invariant\n`,
  );
  if (table) process.stdout.write(`\n${findings.table()}\n`);
  if (table && holes.length > 0) process.stdout.write(`\nnever met: ${holes.join('; ')}\n`);
  if (abort.signal.aborted) process.stdout.write('stopped before the end\n');
  return breached.length === 0 && !abort.signal.aborted;
}

function sayProgress(text: string): void {
  process.stderr.write(process.stderr.isTTY ? `\r\u001b[K${text}` : text === '' ? '' : `${text}\n`);
}

function clearAndSay(text: string): void {
  sayProgress('');
  process.stdout.write(`${text}\n`);
}
