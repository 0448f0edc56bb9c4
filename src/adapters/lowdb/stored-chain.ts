import { z } from 'zod';
import { chainStates, type Chain } from '../../chain/chain.ts';

/** What every later step relies on; the rest of a chain is as it was written. */
const StoredChain = z.looseObject({
  id: z.string().min(1),
  jobName: z.string().min(1),
  state: z.enum(chainStates),
  createdAt: z.number(),
  updatedAt: z.number(),
  closedAt: z.number().nullable(),
  root: z.string(),
  runs: z.array(z.looseObject({ attempt: z.number(), prowJobId: z.string().min(1) })).min(1),
  wakeAt: z.number().nullable(),
  outbox: z.array(z.looseObject({ topic: z.string(), nextTryAt: z.number() })),
  credentials: z.looseObject({}),
});

/** Lets through what this store wrote, or a person mended, and tells it from anything else. */
export const storedChain = z.custom<Chain>((value) => StoredChain.safeParse(value).success, 'is not a chain');
