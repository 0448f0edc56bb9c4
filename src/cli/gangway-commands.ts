import type { Clients } from '../app/clients.ts';
import type { Config } from '../config/read-config.ts';
import { triggerJob } from '../flow/requests/trigger-job.ts';
import { requireToken } from './context.ts';
import { answer, CommandFailure, type ExitCode, type Terminal } from './terminal.ts';
import { isFinished } from '../job/status.ts';

export interface TriggerOptions {
  env: Record<string, string>;
  json: boolean;
}

/** Starts a periodic through Gangway, once. */
export async function trigger(
  config: Config,
  { gangway }: Pick<Clients, 'gangway'>,
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

/** What Gangway says of a run; it forgets one some 24 h after its start. */
export async function status(
  config: Config,
  { gangway }: Pick<Clients, 'gangway'>,
  terminal: Terminal,
  prowJobId: string,
  { json }: { json: boolean },
): Promise<ExitCode> {
  const caller = { token: requireToken(config), isKnown: true, isDemanded: true };
  const found = await gangway.get(prowJobId, caller);
  if (found.kind === 'gone') {
    throw new CommandFailure(`Prow has no run ${prowJobId}; it forgets one some 24 h after its start.`);
  }
  if (found.kind !== 'found') throw new CommandFailure(`${found.says}.`);
  const view = { prow_job_id: prowJobId, job_name: found.jobName, status: found.status, url: found.jobUrl };
  const state = isFinished(found.status) ? 'ended as' : 'is';
  answer(terminal, json, view, [
    `${found.jobName ?? prowJobId} ${state} ${found.status}`,
    found.jobUrl ?? 'It has no page yet: Prow makes one when the run turns pending.',
  ]);
  return 0;
}
