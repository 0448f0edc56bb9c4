import { z } from 'zod';
import type { Condition } from '../flow/verify-deployment.ts';
import { describeFault, type HttpClient } from '../http.ts';

const timeoutMs = 15_000;
const maxAnswerBytes = 1024 * 1024;

const Readiness = z.object({
  store: z.object({ ok: z.boolean(), fault: z.string().nullable() }),
  rules: z.object({ count: z.number(), problems: z.array(z.string()) }),
});

export type ReadinessReading =
  | { kind: 'told'; readiness: Condition }
  /** Something answers at the address, and it is no retrigger service. */
  | { kind: 'stranger' }
  | { kind: 'silent'; why: string };

/** Asks the service at the address how it is; 503 is an answer like 200. */
export async function askReadiness(http: HttpClient, server: string): Promise<ReadinessReading> {
  const outcome = await http.call({ method: 'GET', url: `${server}/readyz`, timeoutMs });
  if (outcome.kind !== 'answered') return { kind: 'silent', why: outcome.why };
  try {
    const { success, data } = Readiness.safeParse(JSON.parse(await outcome.text(maxAnswerBytes)));
    return success ? { kind: 'told', readiness: data } : { kind: 'stranger' };
  } catch (error) {
    return error instanceof SyntaxError
      ? { kind: 'stranger' }
      : { kind: 'silent', why: describeFault(error) };
  }
}
