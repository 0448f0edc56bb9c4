import { describeAccess } from '../adapters/system/describe-access.ts';
import { endAtLatest, endProcess } from '../adapters/system/process.ts';
import { openLogOutput } from '../adapters/system/log-output.ts';
import { SystemClock } from '../adapters/system/system-clock.ts';
import { type Service, startService, StartStopped } from '../app/start.ts';
import type { Runtime } from '../app/clients.ts';
import { findSettingsWarnings } from '../app/deployment.ts';
import { BadRules } from '../app/load-rules.ts';
import type { Config } from '../config/read-config.ts';
import { withTimeout } from '../time/clock.ts';
import { createLogger } from '../logging.ts';
import { CommandFailure, type ExitCode } from './terminal.ts';

/** Time limits in ms within the 10 s that a container has to stop: for an unfinished start, for the last log lines, in all. */
const stopMs = { start: 5_000, log: 500, all: 9_500 };

/**
 * Serves until SIGTERM, SIGINT or SIGHUP, and then ends the process within 10 s, even if something hangs. A second signal
 * ends it at once; nothing is lost then either.
 */
export async function serve(config: Config): Promise<ExitCode> {
  const clock = new SystemClock();
  const output = openLogOutput();
  const log = createLogger(config.logLevel, output);
  const signalled = waitForSignal();
  const stop = new AbortController();
  void signalled.then(() => stop.abort());
  const starting = start(config, { clock, log }, stop.signal);
  const isStarted = await Promise.race([starting.then(() => true), signalled.then(() => false)]);
  if (isStarted) for (const { setting, says } of findSettingsWarnings(config)) log.warn({ setting }, says);
  log.info({ signal: await signalled }, 'stopping');
  const service = await withTimeout(clock, stopMs.start, starting);
  if (service === null) log.warn('start aborted');
  else await service.close();
  log.info('stopped');
  await withTimeout(clock, stopMs.log, output.written());
  return endProcess(0);
}

/** `null`: the start was aborted. */
async function start(config: Config, runtime: Runtime, stop: AbortSignal): Promise<Service | null> {
  try {
    return await startService(config, runtime, stop);
  } catch (error) {
    if (error instanceof StartStopped) return null;
    if (error instanceof BadRules) throw error;
    throw new CommandFailure(`The service could not start: ${describeStartFailure(error, config)}`);
  }
}

/** What stands in the way of a start, and what to do about it where that is ours to say. */
function describeStartFailure(error: unknown, { listenIp, listenPort }: Config): string {
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
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
    process.on(signal, () => {
      if (isStopping) return void endProcess(1);
      isStopping = true;
      endAtLatest(stopMs.all);
      resolve(signal);
    });
  }
  return promise;
}
