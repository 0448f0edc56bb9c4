import { checkHealth } from './cli/healthcheck.ts';
import { systemTerminal } from './cli/terminal.ts';

// Whoever reads through `head` or a pager has seen enough; that is no fault.
process.stdout.on('error', () => process.exit());

process.exitCode = await run(process.argv.slice(2));

/** The image checks its health all the time, so the health check loads nothing else. */
async function run(args: readonly string[]): Promise<number> {
  if (args.length === 1 && args[0] === 'healthcheck') return checkHealth(systemTerminal);
  const { runCommandLine } = await import('./cli/run-command-line.ts');
  return runCommandLine(args, systemTerminal);
}
