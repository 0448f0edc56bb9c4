import { readdir } from 'node:fs/promises';
import { resolve } from 'node:path';
import { lockDirectory } from '../../adapters/lowdb/disk/directory-lock.ts';
import { nodeDisk } from '../../adapters/lowdb/disk/node-disk.ts';
import { probeDirectory } from '../../adapters/lowdb/disk/probe-directory.ts';
import { describeAccess } from '../../adapters/system/describe-access.ts';
import type { ServiceSelf } from '../../app/describe-deployment.ts';
import { BadRules, loadRules } from '../../app/load-rules.ts';
import type { Config } from '../../config/read-config.ts';
import { checkCondition } from '../../flow/requests/verify-deployment.ts';
import type { HttpClient } from '../../http/http-client.ts';
import { type Check, fail, pass, skip } from '../../report/check.ts';
import { askReadiness } from './ask-readiness.ts';
import { serviceUrl } from '../service-url.ts';

export interface DeploymentBench {
  config: Config;
  http: HttpClient;
  /** Milliseconds since the epoch. */
  now: number;
  /** The deployment that is to be proved; `null`: the service of the settings, where one runs. */
  server: string | null;
}

/** Rules and store: in the words of the service that answers, else as they lie in the folders of the settings. */
export async function checkRulesAndStore({
  config,
  http,
  now,
  server,
}: DeploymentBench): Promise<{ hasAnswered: boolean; self: ServiceSelf | null; checks: Check[] }> {
  const url = server ?? serviceUrl(config);
  const reading = await askReadiness(http, url, config.apiToken);
  if (reading.kind === 'told') {
    const checks = checkCondition(`the service at ${url}`, reading.readiness);
    return { hasAnswered: true, self: reading.self, checks };
  }
  const who =
    reading.kind === 'silent'
      ? `no service answers at ${url} (${reading.why})`
      : `what answers at ${url} is no retrigger service`;
  const rules = await checkRules(config);
  const store = server === null ? await checkStore(resolve(config.dataDir), now, who) : fail('store', who);
  return { hasAnswered: false, self: null, checks: [rules, store] };
}

async function checkRules({ rulesDir }: Config): Promise<Check> {
  const place = resolve(rulesDir);
  try {
    const { rules } = (await loadRules(rulesDir)).rules;
    if (rules.length === 0) return fail('rules', `${place} holds none, so nothing is ever tried again`);
    return pass('rules', `${rules.length} in ${place}`);
  } catch (error) {
    return fail('rules', error instanceof BadRules ? error.problems.join('; ') : String(error));
  }
}

/** Takes the directory for a moment and writes the probe; what lies in it is neither read nor mended. */
async function checkStore(directory: string, now: number, who: string): Promise<Check> {
  try {
    await readdir(directory);
    const release = await lockDirectory(nodeDisk, directory, now);
    try {
      await probeDirectory(nodeDisk, directory);
    } finally {
      release();
    }
    return pass('store', `${directory} takes writes; ${who}`);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
      return skip('store', `${directory} is made at the first start; ${who}`);
    }
    return fail('store', describeAccess(error) ?? (error instanceof Error ? error.message : String(error)));
  }
}
