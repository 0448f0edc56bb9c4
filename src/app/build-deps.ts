import { randomUUID } from 'node:crypto';
import type { HttpDeps, Readiness } from '../adapters/express/http-deps.ts';
import type { SlackDeps } from '../adapters/slack/slack-deps.ts';
import type { Config } from '../config/read-config.ts';
import { acceptNotification } from '../flow/accept/accept-notification.ts';
import type { Flow } from '../flow/flow.ts';
import { digestOfWeek } from '../flow/notices/digest.ts';
import { cancel, retry, silenceJob } from '../flow/requests/chain-actions.ts';
import { explainRun } from '../flow/requests/explain-run.ts';
import { triggerJob } from '../flow/requests/trigger-job.ts';
import type { ServiceHealth } from '../flow/requests/verify-deployment.ts';
import { compileJobGlob } from '../job/glob.ts';
import { answerExplained, answerTriggered, type Answer } from '../report/answers.ts';
import type { Clients } from './clients.ts';
import { describeDeployment } from './deployment.ts';
import { hideFolders } from './hide-folders.ts';

interface Exposed {
  flow: Flow;
  readiness: () => Promise<Readiness & ServiceHealth>;
  slack: HttpDeps['slack'];
}

/** What HTTP may ask of the flow. */
export function buildHttpDeps(config: Config, { flow, readiness, slack }: Exposed): HttpDeps {
  const { clock, log, store, silences } = flow;
  const readPublic = async () => hideFolders(await readiness(), config);
  return {
    accept: (notification) => acceptNotification(flow, notification),
    store,
    silences,
    cancel: (id) => cancel(flow, id),
    retry: (id) => retry(flow, id),
    readiness: (isTrusted) => (isTrusted ? readiness() : readPublic()),
    describe: (isTrusted) => describeDeployment(config, isTrusted),
    slack,
    config,
    log,
    clock,
    matchGlob: compileJobGlob,
  };
}

/** What people may ask of the flow in Slack; `null`: there is no Slack app, or nothing that people do there reaches us. */
export function buildSlackDeps(
  { slackApp, prowUrl }: Config,
  flow: Flow,
  { http, records }: Pick<Clients, 'http' | 'records'>,
): SlackDeps | null {
  const { clock, log, store, silences } = flow;
  if (slackApp === null || slackApp.inbound.kind === 'none') return null;
  return {
    store,
    silences,
    cancel: (id, by) => cancel(flow, id, by),
    retry: (id, by) => retry(flow, id, by),
    silence: (chainId, silence) => silenceJob(flow, chainId, { id: randomUUID(), ...silence }),
    explain: async (words) => answerExplained(await explainRun({ ...flow, records }, words)),
    trigger: (jobName, by) => trigger(flow, jobName, by),
    digest: () => digestOfWeek(flow, clock.now()),
    matchGlob: compileJobGlob,
    config: { ...slackApp, inbound: slackApp.inbound, prowUrl },
    http,
    clock,
    log,
  };
}

async function trigger(flow: Flow, jobName: string, by: string): Promise<Answer> {
  const { gangwayToken } = flow.settings;
  if (gangwayToken === null) return answerTriggered(jobName, null);
  const triggered = await triggerJob(flow, jobName, { token: gangwayToken, envs: {} });
  flow.log.info({ job: jobName, by, outcome: triggered.kind }, 'job triggered by a person');
  return answerTriggered(jobName, triggered);
}
