import { execFile } from 'node:child_process';
import type { RunId } from '../../src/job/run.ts';

export interface StepSettings {
  /** From the vault, whole: path included. */
  serverUrl: string;
  token: string;
  slackWebhookUrl?: string;
  slackErrorsWebhookUrl?: string;
  /** Shown as a bearer token, if the step has it. */
  webhookSecret?: string;
}

/** The request body as the step's shell puts it together: a blank after some colons, none after others. */
export function reTriggerBody(
  run: RunId,
  settings: Omit<StepSettings, 'serverUrl' | 'webhookSecret'>,
): string {
  const { token, slackWebhookUrl, slackErrorsWebhookUrl } = settings;
  let json =
    `"job_name":"${run.jobName}", "build_id": "${run.buildId}", ` +
    `"prow_job_id":"${run.prowJobId}", "trigger_token": "${token}"`;
  if (slackWebhookUrl !== undefined) json += `, "slack_webhook_url": "${slackWebhookUrl}"`;
  if (slackErrorsWebhookUrl !== undefined) json += `, "slack_errors_webhook_url": "${slackErrorsWebhookUrl}"`;
  return `{${json}}`;
}

/**
 * Runs the step's curl: no `--fail`, no time-out, no retry. Gives the answer's body, which the real step
 * prints into its public log; rejects where curl itself fails (refused, reset), which fails the step.
 */
export function runReTriggerStep(run: RunId, settings: StepSettings): Promise<string> {
  const body = reTriggerBody(run, settings);
  const quiet = ['--silent', '--show-error'];
  const args = [
    ...quiet,
    '-X',
    'POST',
    settings.serverUrl,
    '-d',
    body,
    '-H',
    'Content-Type: application/json',
  ];
  const { webhookSecret } = settings;
  if (webhookSecret !== undefined) args.push('-H', `Authorization: Bearer ${webhookSecret}`);
  return new Promise((resolve, reject) => {
    execFile('curl', args, (error, stdout, stderr) => {
      // The error's own message would repeat the command line, token and all.
      if (error === null) resolve(stdout);
      else reject(new Error(`curl exited with ${String(error.code)}: ${stderr.trim()}`));
    });
  });
}
