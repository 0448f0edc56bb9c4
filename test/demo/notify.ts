import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ProwRun } from '../prow/cluster/prow-run.ts';
import { runReTriggerStep } from '../prow/re-trigger-step.ts';
import type { DemoEvent } from './demo-event.ts';
import type { DemoWorld } from './demo-world.ts';

const path = '/openshift-ci-re-trigger';

/** Plays the `job-re-trigger` step of a failed run with its real curl, and tells what was answered. */
export async function notify(
  { service, prow, clock }: DemoWorld,
  run: ProwRun,
  tell: (event: DemoEvent) => void,
): Promise<string> {
  // The step's curl prints the body alone; Node itself tells which status its server answered with.
  const statuses: number[] = [];
  const note = (message: unknown): void => {
    const { request, response } = message as { request: IncomingMessage; response: ServerResponse };
    if (request.url === path) statuses.push(response.statusCode);
  };
  const told = { at: clock.now(), job: run.jobName, who: 'curl' } as const;
  subscribe('http.server.response.finish', note);
  try {
    const answer = await runReTriggerStep(run, {
      serverUrl: service.url + path,
      token: prow.token,
      slackWebhookUrl: prow.slack.hook(),
      slackErrorsWebhookUrl: prow.slack.hook('errors'),
    });
    const news = statuses[0] === 200 ? ', the chain that it has already' : '';
    tell({
      ...told,
      text: `POST ${path}: answered ${statuses.join()}${news}`,
      tone: 'plain',
      details: [answer],
    });
    return answer;
  } catch (error) {
    tell({ ...told, text: `POST ${path}: ${String(error)}`, tone: 'bad' });
    throw error;
  } finally {
    unsubscribe('http.server.response.finish', note);
  }
}
