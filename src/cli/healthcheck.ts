import { Agent, request } from 'node:http';
import { type Env, readConfig, serviceUrl } from '../config/read-config.ts';
import type { Terminal } from './terminal.ts';

/** Less than the 5 s after which the image's health check counts as failed. */
const timeoutMs = 4_000;

/**
 * Asks the service with these settings whether it serves: 0 if it does, otherwise 1, as a health check of an image must. It
 * loads little code, because the image runs it twice a minute. `fetch` would refuse ports such as 6000.
 */
export async function checkHealth(terminal: Terminal, env?: Env): Promise<0 | 1> {
  const read = readConfig(env);
  if (!read.ok) return refuse(terminal, `Invalid settings: ${read.problems.join('; ')}`);
  if (read.config.listenPort === 0) return refuse(terminal, anyPort);
  const url = `${serviceUrl(read.config)}/healthcheck`;
  try {
    const status = await ask(url);
    return status === 200 ? 0 : refuse(terminal, `${url} answered ${status}`);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return refuse(terminal, `${url} does not answer (${code ?? message})`);
  }
}

const anyPort =
  'RETRIGGER_LISTEN_PORT is 0, so the service picks a port that only its log tells: set a port from 1 to 65535';

function refuse(terminal: Terminal, says: string): 1 {
  terminal.err(says);
  return 1;
}

/** The status of the answer. It uses its own agent, so that no proxy from the environment is asked instead. */
async function ask(url: string): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const asking = request(url, { agent: new Agent(), signal: AbortSignal.timeout(timeoutMs) });
  asking.once('error', reject).once('response', (response) => {
    response.destroy();
    resolve(response.statusCode ?? 0);
  });
  asking.end();
  return promise;
}
