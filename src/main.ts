import { CommanderError } from 'commander';
import { BadRules } from './app/load-rules.ts';
import { createProgram } from './commands/program.ts';
import { CommandFailure, systemTerminal } from './commands/terminal.ts';

// Whoever reads through `head` or a pager has seen enough; that is no fault.
process.stdout.on('error', () => process.exit());

try {
  await createProgram(systemTerminal, (code) => {
    process.exitCode = code;
  }).parseAsync();
} catch (error) {
  process.exitCode = report(error);
}

/** Says what stands in the way, in lines for people; a bug keeps its stack. */
function report(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  if (error instanceof BadRules) {
    systemTerminal.note([`${error.message}:`, ...error.problems].join('\n  '));
    return 2;
  }
  if (!(error instanceof CommandFailure)) throw error;
  systemTerminal.note(error.message);
  return error.exitCode;
}
