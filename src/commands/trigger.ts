import type { Outside } from '../app.ts';
import type { Config } from '../config.ts';
import type { Refusal } from '../trigger/execution-api.ts';
import { requireToken } from './require-token.ts';
import { answer, CommandFailure, type ExitCode, type Terminal } from './terminal.ts';

export interface TriggerOptions {
  env: Record<string, string>;
  json: boolean;
}

/** Starts a periodic through Gangway, once; it is nobody's retry and no chain is kept of it. */
export async function trigger(
  config: Config,
  { gangway }: Pick<Outside, 'gangway'>,
  terminal: Terminal,
  jobName: string,
  { env, json }: TriggerOptions,
): Promise<ExitCode> {
  const request = { jobName, type: 'periodic', refs: null, labels: {}, annotations: {}, envs: env } as const;
  const creation = await gangway.create(request, requireToken(config), async () => {});
  if (creation.kind === 'created') {
    const { prowJobId } = creation;
    const page = `${config.prowUrl}/prowjob?prowjob=${prowJobId}`;
    const hint = `See how it goes: npm run --silent retrigger -- status ${prowJobId}`;
    answer(terminal, json, { job_name: jobName, prow_job_id: prowJobId, url: page }, [
      `${jobName} was triggered as ${prowJobId}.`,
      page,
      hint,
    ]);
    return 0;
  }
  if (creation.kind === 'unclear') {
    const look = `${config.prowUrl}/?job=${encodeURIComponent(jobName)}`;
    throw new CommandFailure(`${creation.says}. The run may exist: look at ${look} before you try again.`);
  }
  const advice = creation.kind === 'refused' ? advices[creation.cause] : 'Try again later.';
  throw new CommandFailure(`${creation.says}. Nothing was started. ${advice}`);
}

const advices: Record<Refusal['cause'], string> = {
  token: 'Get a fresh token with oc whoami -t on app.ci.',
  tenant: 'This token may not trigger the job.',
  'unknown-job': 'Is the name right, and is it a periodic?',
  request: 'Is the name right?',
};
