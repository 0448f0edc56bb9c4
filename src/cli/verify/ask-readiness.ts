import { z } from 'zod';
import type { ServiceSelf } from '../../app/describe-deployment.ts';
import type { Condition } from '../../flow/requests/verify-deployment.ts';
import { describeFault, type HttpClient } from '../../http/http-client.ts';
import type { Secret } from '../../secret.ts';

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

export type ReadinessReading =
  | { kind: 'told'; readiness: Condition; self: ServiceSelf | null }
  /** Something answers at the address, and it is no retrigger service. */
  | { kind: 'stranger' }
  | { kind: 'silent'; why: string };

/** Asks the service at the address for its health; 503 is an answer like 200. With its API token it answers more. */
export async function askReadiness(
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
