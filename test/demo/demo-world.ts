import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { copyFile, cp, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Service, startService } from '../../src/app/start.ts';
import { readConfig } from '../../src/config/read-config.ts';
import { CommandFailure } from '../../src/cli/terminal.ts';
import { createLogger } from '../../src/logging.ts';
import { FastClock } from '../time/fast-clock.ts';
import { type Prow, startProw } from '../prow/start-prow.ts';
import { durations } from './script.ts';

/** Seconds of the story in a real one: the shipped rule's 30 minutes take 6 s. */
const pace = 300;

export const shippedRules = join(import.meta.dirname, '../../rules');

/** The real service, and the stand-in for all that it talks to, on one clock. */
export interface DemoWorld {
  clock: FastClock;
  prow: Prow;
  service: Service;
  close(): Promise<void>;
}

/** `logLevel` of the service, whose log goes to stderr. */
export async function startDemoWorld(logLevel: string): Promise<DemoWorld> {
  if (spawnSync('curl', ['--version']).error !== undefined) {
    throw new CommandFailure(
      'The demo sends what the job-re-trigger step sends, and that takes curl on the PATH.',
    );
  }
  const clock = new FastClock({ pace });
  const prow = await startProw({ clock, durations });
  const directory = await mkdtemp(join(tmpdir(), 'retrigger-demo-'));
  const remove = (): void => rmSync(directory, { recursive: true, force: true });
  // Whatever ends the process: nothing stays behind.
  process.once('exit', remove);
  const service = await startDemoService({ directory, clock, prow, logLevel }).catch(
    async (error: unknown) => {
      await prow.close();
      throw error;
    },
  );
  const close = async (): Promise<void> => {
    await service.close();
    await prow.close();
    remove();
  };
  return { clock, prow, service, close };
}

/** The rules that ship, and the optional one that asks for labels, adopted as a team would adopt it. */
async function copyRules(directory: string): Promise<string> {
  const rules = join(directory, 'rules');
  await cp(shippedRules, rules, { recursive: true });
  const adopted = '80-infra-failure.yaml';
  await copyFile(join(rules, 'optional', adopted), join(rules, adopted));
  return rules;
}

interface Settings {
  directory: string;
  clock: FastClock;
  prow: Prow;
  logLevel: string;
}

/** With the settings of a real deployment, the rate of its calls to Gangway included; only the addresses differ. */
async function startDemoService({ directory, clock, prow, logLevel }: Settings): Promise<Service> {
  const rules = await copyRules(directory);
  const read = readConfig({
    RETRIGGER_LISTEN_PORT: '0',
    RETRIGGER_DATA_DIR: join(directory, 'data'),
    RETRIGGER_RULES_DIR: rules,
    RETRIGGER_GANGWAY_URL: prow.gangwayUrl,
    RETRIGGER_GCS_URL: prow.bucketUrl,
    RETRIGGER_SLACK_ORIGINS: prow.slackUrl,
    LOG_LEVEL: logLevel,
  });
  if (!read.ok) throw new CommandFailure(read.problems.join('\n'), 2);
  return startService(read.config, { clock, log: createLogger(read.config.logLevel, process.stderr) });
}
