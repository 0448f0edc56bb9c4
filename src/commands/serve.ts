import { SystemClock } from '../adapters/system/system-clock.ts';
import { BadRules, type Service, startService } from '../app.ts';
import type { Config } from '../config.ts';
import { createLogger, type Logger } from '../logging.ts';
import { CommandFailure, type ExitCode } from './terminal.ts';

/** Serves until SIGTERM or SIGINT; a second signal ends it at once, which loses nothing either. */
export async function serve(config: Config): Promise<ExitCode> {
  const log = createLogger(config.logLevel);
  const service = await start(config, log);
  warn(config, log);
  const signal = await waitForSignal();
  log.info({ signal }, 'stopping');
  await service.close();
  log.info('stopped');
  return 0;
}

/** Says what a person may not have meant; the service does its work all the same. */
function warn(config: Config, log: Logger): void {
  for (const setting of config.unused) log.warn({ setting }, 'this version does not use the setting');
  if (config.slackWebhookUrl === null) {
    const setting = 'RETRIGGER_SLACK_WEBHOOK_URL';
    log.warn({ setting }, 'people hear only of failures whose notification brings a Slack address');
  }
}

async function start(config: Config, log: Logger): Promise<Service> {
  try {
    return await startService(config, { clock: new SystemClock(), log });
  } catch (error) {
    if (error instanceof BadRules) throw error;
    throw new CommandFailure(`The service could not start: ${describeObstacle(error, config)}`);
  }
}

/** What stands in the way of a start, and what to do about it where that is ours to say. */
function describeObstacle(error: unknown, { listenIp, listenPort }: Config): string {
  if (!(error instanceof Error)) return String(error);
  const { code } = error as NodeJS.ErrnoException;
  const place = `port ${listenPort} of ${listenIp}`;
  if (code === 'EADDRINUSE')
    return `${place} is taken; free it, or set RETRIGGER_LISTEN_PORT to another one.`;
  if (code === 'EACCES')
    return `this user may not listen on ${place}; set RETRIGGER_LISTEN_PORT to one from 1024 on.`;
  if (code === 'EADDRNOTAVAIL')
    return `${listenIp} is no address of this machine; correct RETRIGGER_LISTEN_IP.`;
  return error.message;
}

async function waitForSignal(): Promise<NodeJS.Signals> {
  const { promise, resolve } = Promise.withResolvers<NodeJS.Signals>();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => {
      process.once(signal, () => process.exit(1));
      resolve(signal);
    });
  }
  return promise;
}
