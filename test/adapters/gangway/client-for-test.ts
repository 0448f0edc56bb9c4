import type { TestContext } from 'node:test';
import { GangwayClient } from '../../../src/adapters/gangway/gangway-client.ts';
import type { CallRate } from '../../../src/adapters/gangway/token-bucket.ts';
import { createHttpClient } from '../../../src/http/http-client.ts';
import { Secret } from '../../../src/secret.ts';
import type { Caller, ExecutionRequest } from '../../../src/trigger/execution-api.ts';
import { VirtualClock } from '../../time/virtual-clock.ts';
import { prowForTest } from '../../prow/prow-for-test.ts';
import type { ProwOptions } from '../../prow/start-prow.ts';

export const job = 'periodic-ci-acme-shop-main-e2e-aws';
export const marker = 'sha256~MARKED-token_0123456789.~+/=';
/** Whose token Gangway takes. */
export const caller: Caller = { token: new Secret(marker), isKnown: true };

export const request: ExecutionRequest = {
  jobName: job,
  type: 'periodic',
  refs: null,
  labels: { 'retrigger/root': 'run-0', 'retrigger/attempt': '1' },
  annotations: { 'retrigger/root': 'run-0' },
  envs: {},
};

export const refs = { org: 'acme', repo: 'shop', base_ref: 'main', base_sha: 'b'.repeat(40), pulls: [] };

/** Nothing keeps the call from being sent. */
export async function goAhead(): Promise<boolean> {
  return true;
}

/** For a request that must not get as far as its intent. */
export const untold = (): Promise<never> => Promise.reject(new Error('an intent was written'));

export function clientFor(t: TestContext, url: string, rate: CallRate | null = null) {
  const clock = new VirtualClock();
  const http = createHttpClient(clock);
  t.after(() => http.close());
  return { clock, client: new GangwayClient({ url, rate, http, clock }) };
}

/** A client of the stand-in, both on one clock; it lets `token` in and has a job of every type. */
export async function clientOfProw(
  t: TestContext,
  options: Partial<ProwOptions> = {},
  rate: CallRate | null = null,
) {
  const { prow, clock } = await prowForTest(t, { token: marker, ...options });
  const plan = [{ outcome: 'pass' as const }];
  prow.defineJob({ name: job, type: 'periodic', plan });
  prow.defineJob({ name: 'branch-ci-a', type: 'postsubmit', refs, plan });
  prow.defineJob({ name: 'pull-ci-a', type: 'presubmit', refs, plan });
  const http = createHttpClient(clock);
  t.after(() => http.close());
  return { prow, clock, client: new GangwayClient({ url: prow.gangwayUrl, rate, http, clock }) };
}
