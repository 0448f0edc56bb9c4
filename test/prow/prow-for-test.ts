import type { TestContext } from 'node:test';

import { VirtualClock } from '../time/virtual-clock.ts';
import { startProw, type Prow, type ProwOptions } from './start-prow.ts';

export const minute = 60_000;
export const hour = 60 * minute;

/** A stand-in on a virtual clock, closed when the test ends. */
export async function prowForTest(
  t: TestContext,
  options: Partial<ProwOptions> = {},
): Promise<{ prow: Prow; clock: VirtualClock }> {
  const clock = new VirtualClock();
  const prow = await startProw({ clock, ...options });
  t.after(() => prow.close());
  return { prow, clock };
}

/** Calls Gangway with the good token, unless told otherwise. */
export function askGangway(prow: Prow, path: string, init: RequestInit = {}): Promise<Response> {
  return fetch(prow.gangwayUrl + path, { headers: { authorization: `Bearer ${prow.token}` }, ...init });
}

export function createExecution(prow: Prow, body: unknown, path = '/v1/executions'): Promise<Response> {
  return askGangway(prow, path, {
    method: 'POST',
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
}

/** An object of the bucket as text, or its status when there is none. */
export async function readObject(prow: Prow, path: string): Promise<string | number> {
  const response = await fetch(`${prow.bucketUrl}/${prow.bucketName}/${path}`);
  const text = await response.text();
  return response.ok ? text : response.status;
}

/** What Gangway answers, as a test reads it: which fields are there depends on the call. */
export interface Execution {
  id: string;
  job_name?: string;
  job_status?: string;
  job_url?: string;
  create_time?: string;
  completion_time?: string;
  pod_spec_options?: unknown;
}

export async function readExecution(response: Response): Promise<Execution> {
  return (await response.json()) as Execution;
}

export async function readExecutions(response: Response): Promise<Execution[]> {
  return ((await response.json()) as { job_execution: Execution[] }).job_execution;
}
