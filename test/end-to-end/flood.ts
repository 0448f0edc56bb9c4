import { Pool } from 'undici';

export interface Flood {
  /** Of the service. */
  url: string;
  /** A real job; half of the made-up runs are of it, each other one is of a job that is made up, too. */
  jobName: string;
  /** The number of the first notification; the same number is the same notification. */
  first: number;
  count: number;
  /** Connections that are kept open, each with one request at a time. */
  connections: number;
}

/** How many notifications were answered so, by status; 0: no answer came. */
export type Answers = Map<number, number>;

/** Notifies of runs that nobody started, with made-up tokens, from ever other addresses. Ends early if no answer comes. */
export async function sendFlood({ url, jobName, first, count, connections }: Flood): Promise<Answers> {
  const pool = new Pool(url, { connections, pipelining: 1 });
  const answers: Answers = new Map();
  const end = first + count;
  let next = first;
  const send = async (): Promise<void> => {
    while (next < end && !answers.has(0)) {
      const status = await notifyOfNothing(pool, jobName, next++);
      answers.set(status, (answers.get(status) ?? 0) + 1);
    }
  };
  await Promise.all(Array.from({ length: connections }, send));
  await pool.destroy();
  return answers;
}

async function notifyOfNothing(pool: Pool, jobName: string, n: number): Promise<number> {
  const body = JSON.stringify({
    job_name: n % 2 === 0 ? jobName : `periodic-ci-made-up-${n}`,
    build_id: String(1_990_000_000_000_000_000n + BigInt(n)),
    prow_job_id: `00000000-0000-4000-8000-${n.toString(16).padStart(12, '0')}`,
    trigger_token: `sha256~made-up-${n}`,
  });
  const address = `10.${(n >> 16) & 255}.${(n >> 8) & 255}.${n & 255}`;
  const headers = { 'content-type': 'application/json', 'x-forwarded-for': address };
  try {
    const answer = await pool.request({ method: 'POST', path: '/openshift-ci-re-trigger', headers, body });
    await answer.body.dump();
    return answer.statusCode;
  } catch {
    return 0;
  }
}
