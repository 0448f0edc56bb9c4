import type { HttpDeps, Readiness } from '../adapters/express/http-deps.ts';
import type { Config } from '../config/read-config.ts';
import { acceptNotification } from '../flow/accept/accept-notification.ts';
import { cancel, retry } from '../flow/requests/chain-actions.ts';
import type { Flow } from '../flow/flow.ts';
import type { ServiceHealth } from '../flow/requests/verify-deployment.ts';
import { compileJobGlob } from '../job/glob.ts';
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
