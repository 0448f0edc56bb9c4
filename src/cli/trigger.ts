import type { Outside } from '../app/clients.ts';
import type { Config } from '../config/read-config.ts';
import { triggerJob } from '../flow/requests/trigger-job.ts';
import { requireToken } from './require-token.ts';
import { answer, CommandFailure, type ExitCode, type Terminal } from './terminal.ts';

export interface TriggerOptions {
  env: Record<string, string>;
  json: boolean;
}

/** Starts a periodic through Gangway, once. */
export async function trigger(
  config: Config,
  { gangway }: Pick<Outside, 'gangway'>,
  terminal: Terminal,
  jobName: string,
  { env, json }: TriggerOptions,
): Promise<ExitCode> {
  const order = { token: requireToken(config), envs: env };
  const triggered = await triggerJob({ api: gangway, settings: config }, jobName, order);
  if (triggered.kind !== 'started') throw new CommandFailure(triggered.says);
  const { says, prowJobId, url } = triggered;
  const hint = `See how it goes: npm run --silent retrigger -- status ${prowJobId}`;
  answer(terminal, json, { job_name: jobName, prow_job_id: prowJobId, url }, [says, url, hint]);
  return 0;
}
