import { BadRules } from '../../src/app/load-rules.ts';
import { CommandFailure } from '../../src/cli/terminal.ts';
import { tabulateEnds } from './summary.ts';
import { type ScriptResult, nameJob, runScript } from './run-script.ts';
import { script } from './script.ts';
import { Screen } from './screen.ts';
import { startDemoWorld } from './demo-world.ts';

/** 128 and the signal's number, as a shell has it. */
const exitCodes = { SIGHUP: 129, SIGINT: 130, SIGPIPE: 141, SIGTERM: 143 } as const;

const screen = new Screen(
  process.stdout,
  script.map(({ job }) => job.name),
  nameJob,
);

for (const signal of ['SIGHUP', 'SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    screen.clear();
    // The temporary folder goes with the process, and with it all that anybody was in the middle of.
    process.exit(exitCodes[signal]);
  });
}
// Whoever reads through `head` or a pager has seen enough.
process.stdout.on('error', () => process.exit(exitCodes.SIGPIPE));

// A proxy of the environment is not for the step's curl, which calls this machine.
process.env['no_proxy'] = '127.0.0.1';

try {
  process.exitCode = await main();
} catch (error) {
  process.exitCode = report(error);
}

async function main(): Promise<number> {
  introduce();
  const startedAt = performance.now();
  const level = process.env['LOG_LEVEL'] ?? '';
  const world = await startDemoWorld(level === '' ? 'silent' : level);
  try {
    const result = await runScript(world, screen);
    return sumUp(result, Math.round((performance.now() - startedAt) / 1000));
  } finally {
    await world.close();
  }
}

function introduce(): void {
  screen.say(
    'Four nightly jobs fail. curl reports each to the real service, which decides by the rule that ships and by one',
  );
  screen.say(
    'optional rule for known failures. Prow, its bucket and Slack are stand-ins; 5 minutes of the story take a second.',
  );
  screen.say();
  for (const { job, about } of script) {
    screen.say(`  ${nameJob(job.name).padEnd(10)}${about.padEnd(19)}${screen.paint('dim', job.name)}`);
  }
  screen.say();
}

function sumUp({ watch, differences }: ScriptResult, seconds: number): number {
  const [heads = '', ...rows] = tabulateEnds(watch);
  screen.say();
  screen.say(screen.paint('bold', heads));
  for (const row of rows) screen.say(row);
  screen.say();
  if (differences.length > 0) {
    screen.say(screen.paint('red', 'The story came out otherwise than it should:'));
    for (const difference of differences) screen.say(`  ${difference}`);
    return 1;
  }
  screen.say(`That took ${seconds} s. What to try next:`);
  screen.say('  npm start                               serve on http://127.0.0.1:5000');
  screen.say('  npm run --silent retrigger -- --help    the commands, such as explain and verify');
  return 0;
}

/** Says what stands in the way; a bug keeps its stack. */
function report(error: unknown): number {
  screen.clear();
  if (error instanceof BadRules) {
    console.error([`${error.message}:`, ...error.problems].join('\n  '));
    return 1;
  }
  if (!(error instanceof CommandFailure)) throw error;
  console.error(error.message);
  return error.exitCode;
}
