import { type Config, type Env, readConfig } from '../config/read-config.ts';
import { CommandFailure } from './terminal.ts';

/** The configuration from the environment; a wrong one ends the command with all that is wrong in it. */
export function requireConfig(env: Env | undefined): Config {
  const read = readConfig(env);
  if (read.ok) return read.config;
  const problems = read.problems.map((problem) => `  ${problem}`).join('\n');
  throw new CommandFailure(`The settings in the environment are not right:\n${problems}`, 2);
}
