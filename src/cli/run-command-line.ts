import { CommanderError } from 'commander';
import { BadRules } from '../app/load-rules.ts';
import type { Env } from '../config/read-config.ts';
import { createProgram } from './program.ts';
import { CommandFailure, type Terminal } from './terminal.ts';

/**
 * Runs a command, without the name of the program in front, and gives its exit code. `env`: the settings, instead of
 * those of the process. Throws for a bug only, so that its stack is kept.
 */
export async function runCommandLine(
  args: readonly string[],
  terminal: Terminal,
  env?: Env,
): Promise<number> {
  let code = 0;
  const finish = (ended: number): void => void (code = ended);
  try {
    await createProgram({ terminal, finish, env }).parseAsync(args, { from: 'user' });
    return code;
  } catch (error) {
    return report(error, terminal);
  }
}

/** Says what stands in the way, in lines for people; a bug keeps its stack. */
function report(error: unknown, terminal: Terminal): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  if (error instanceof BadRules) {
    terminal.err([`${error.message}:`, ...error.problems].join('\n  '));
    return 2;
  }
  if (!(error instanceof CommandFailure)) throw error;
  terminal.err(error.message);
  return error.exitCode;
}
