import { runCommandLine } from './commands/run-command-line.ts';
import { systemTerminal } from './commands/terminal.ts';

// Whoever reads through `head` or a pager has seen enough; that is no fault.
process.stdout.on('error', () => process.exit());

process.exitCode = await runCommandLine(process.argv.slice(2), systemTerminal);
