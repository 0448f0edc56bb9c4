import type { HttpDeps, Readiness } from '../adapters/express/http-deps.ts';
import type { Config } from '../config.ts';
import { acceptNotification } from '../flow/accept-notification.ts';
import { cancel, retry } from '../flow/act-on-chain.ts';
import type { Flow } from '../flow/flow.ts';
import { verifyByNotification } from '../flow/verify-by-notification.ts';
import type { Condition } from '../flow/verify-deployment.ts';
import type { Worker } from '../flow/worker.ts';
import { compileJobGlob } from '../job/compile-job-glob.ts';
import { describeDeployment } from './describe-deployment.ts';
import { hideFolders } from './hide-folders.ts';
import { readVersion } from './read-version.ts';

interface Exposed {
  flow: Flow;
  worker: Worker;
  readiness: () => Promise<Readiness & Condition>;
  slack: HttpDeps['slack'];
}

/** What HTTP may ask of the flow. */
export function exposeHttp(config: Config, { flow, worker, readiness, slack }: Exposed): HttpDeps {
  const { clock, log, store, silences } = flow;
  const { gangwayUrl, gcsUrl } = config;
  // What a notification brings about may be told to addresses that came with it.
  const readPublic = async () => hideFolders(await readiness(), config);
  const deployment = { gangwayUrl, gcsUrl, version: readVersion(), condition: readPublic };
  return {
    async accept(notification, reachedAt) {
      const accepted = await acceptNotification(flow, notification);
      const { chain, known } = accepted;
      if (!known) worker.attend(verifyByNotification(flow, chain, { ...deployment, reachedAt }));
      return accepted;
    },
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
