import { describeAccess } from '../adapters/system/describe-access.ts';
import { SystemClock } from '../adapters/system/system-clock.ts';
import { type Service, startService } from '../app.ts';
import { doubtSettings } from '../app/doubt-settings.ts';
import { BadRules } from '../app/load-rules.ts';
import type { Config } from '../config.ts';
import { createLogger, type Logger } from '../logging.ts';
import { CommandFailure, type ExitCode } from './terminal.ts';

/** Serves until SIGTERM or SIGINT; a second signal ends it at once, which loses nothing either. */
export async function serve(config: Config): Promise<ExitCode> {
  const log = createLogger(config.logLevel);
  // A signal that comes during the start is obeyed after it: the first process of a container gets no other ending.
  const signalled = waitForSignal();
  const service = await start(config, log);
  for (const { setting, says } of doubtSettings(config)) log.warn({ setting }, says);
  const signal = await signalled;
  log.info({ signal }, 'stopping');
  await service.close();
  log.info('stopped');
  return 0;
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
  const { code, syscall } = error as NodeJS.ErrnoException;
  const access = syscall === 'listen' ? null : describeAccess(error);
  if (access !== null) return access;
  const place = `port ${listenPort} of ${listenIp}`;
  if (code === 'EADDRINUSE')
    return `${place} is taken; free it, or set RETRIGGER_LISTEN_PORT to another one.`;
  if (code === 'EACCES')
    return `this user may not listen on ${place}; set RETRIGGER_LISTEN_PORT to one from 1024 on.`;
  if (code === 'EADDRNOTAVAIL')
    return `${listenIp} is no address of this machine; correct RETRIGGER_LISTEN_IP.`;
  return error.message;
}

/** The first signal; any that comes after it ends the process. */
async function waitForSignal(): Promise<NodeJS.Signals> {
  const { promise, resolve } = Promise.withResolvers<NodeJS.Signals>();
  let isStopping = false;
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      if (isStopping) process.exit(1);
      isStopping = true;
      resolve(signal);
    });
  }
  return promise;
}
