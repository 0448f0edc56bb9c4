import { readdir } from 'node:fs/promises';
import { resolve } from 'node:path';
import { z } from 'zod';
import { lockDirectory } from '../../adapters/lowdb/disk/lock.ts';
import { nodeDisk, probeDirectory } from '../../adapters/lowdb/disk/node-disk.ts';
import { describeAccess } from '../../adapters/system/describe-access.ts';
import type { ServiceSelf } from '../../app/deployment.ts';
import { BadRules, loadRules } from '../../app/load-rules.ts';
import { type Config, serviceUrl } from '../../config/read-config.ts';
import { checkServiceHealth, type ServiceHealth } from '../../flow/requests/verify-deployment.ts';
import { type HttpClient, describeFault } from '../../http/http-client.ts';
import { type Check, fail, pass, skip } from '../../report/verification.ts';
import type { Secret } from '../../secret.ts';

interface DeploymentDeps {
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
}: DeploymentDeps): Promise<{ hasAnswered: boolean; self: ServiceSelf | null; checks: Check[] }> {
  const url = server ?? serviceUrl(config);
  const reading = await askReadiness(http, url, config.apiToken);
  if (reading.kind === 'told') {
    const checks = checkServiceHealth(`the service at ${url}`, reading.readiness);
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

const timeoutMs = 15_000;
const maxAnswerBytes = 1024 * 1024;

const Word = z.string().max(300);
const Shown = z.object({ set: z.boolean(), value: Word.nullable().optional() });

const Self = z.object({
  version: Word,
  settings: z.record(Word, Shown),
  warnings: z.array(z.object({ setting: Word, says: Word })).max(100),
}) satisfies z.ZodType<ServiceSelf>;

const Readiness = z.object({
  store: z.object({ ok: z.boolean(), fault: z.string().nullable() }),
  rules: z.object({ count: z.number(), problems: z.array(z.string()) }),
  // An older service does not send it.
  service: Self.nullable().default(null).catch(null),
});

type ReadinessReading =
  | { kind: 'told'; readiness: ServiceHealth; self: ServiceSelf | null }
  /** Something answers at the address, and it is no retrigger service. */
  | { kind: 'stranger' }
  | { kind: 'silent'; why: string };

/** Asks the service at the address for its health; 503 is an answer like 200. With its API token it answers more. */
async function askReadiness(
  http: HttpClient,
  server: string,
  apiToken: Secret | null,
): Promise<ReadinessReading> {
  const headers = apiToken === null ? {} : { authorization: `Bearer ${apiToken.reveal()}` };
  const outcome = await http.call({ method: 'GET', url: `${server}/readyz`, headers, timeoutMs });
  if (outcome.kind !== 'answered') return { kind: 'silent', why: outcome.why };
  try {
    const { success, data } = Readiness.safeParse(JSON.parse(await outcome.text(maxAnswerBytes)));
    return success ? { kind: 'told', readiness: data, self: data.service } : { kind: 'stranger' };
  } catch (error) {
    return error instanceof SyntaxError
      ? { kind: 'stranger' }
      : { kind: 'silent', why: describeFault(error) };
  }
}
