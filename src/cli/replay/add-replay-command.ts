import { type Command, InvalidArgumentError } from 'commander';
import { SystemClock } from '../../adapters/system/system-clock.ts';
import { parseDuration } from '../../time/duration.ts';
import { startCounterLine } from './progress-line.ts';
import { connected, type Frame, readServer, type Work } from '../context.ts';
import { replay, type ReplayOptions } from './replay.ts';

const longestMs = 365 * 24 * 60 * 60_000;

/** `rules replay`, which reads the bucket and, unless jobs are named, asks the running service for its jobs. */
export function addReplayCommand(rules: Command, { terminal, finish, env }: Frame): void {
  const work: Work<[ReplayOptions]> = (config, outside, options) => {
    const clock = new SystemClock();
    const counter = startCounterLine(process.stderr, clock);
    return replay({ config, outside, clock, counter }, terminal, options);
  };
  rules
    .command('replay')
    .description('what rules would have made of the failures of the past; triggers nothing')
    .requiredOption('--since <duration>', 'how far to look back, such as 14d', readSince)
    .option('--against <dir>', 'other rules, to be compared with those in force')
    .option(
      '--job <glob>',
      'a job by its name, or those of the service that match; may be repeated',
      addJob,
      [],
    )
    .option('--rules <dir>', 'in place of RETRIGGER_RULES_DIR')
    .option('--server <url>', 'the address of the service that is asked for its jobs', readServer)
    .option('--json', 'answer as JSON, with every run that was judged', false)
    .addHelpText(
      'after',
      '\nExamples:\n  retrigger rules replay --since 14d --against ../rules-new\n' +
        '  retrigger rules replay --since 7d --job periodic-ci-org-repo-main-e2e-aws',
    )
    .action(connected({ finish, env }, work));
}

function readSince(text: string): number {
  const ms = parseDuration(text);
  if (ms !== null && ms > 0 && ms <= longestMs) return ms;
  throw new InvalidArgumentError('Write a duration such as 14d, at most 365d.');
}

function addJob(text: string, sofar: string[]): string[] {
  return [...sofar, text];
}
