import type { Adapter } from 'lowdb';
import { z } from 'zod';
import type { Disk } from '../disk/disk.ts';
import { Time } from '../chains/schema.ts';
import { storedFileAdapter } from '../disk/durable-file.ts';

const StoredTokens = z.object({
  version: z.literal(1),
  tokens: z.array(z.object({ mark: z.string().min(1), usedAt: Time })),
});

/** What the file of known tokens holds: keyed hashes, no token. */
export type StoredTokens = z.infer<typeof StoredTokens>;

/** The file of known tokens, as `storedFileAdapter` reads and writes it. */
export function tokensFileAdapter(disk: Disk, path: string): Adapter<StoredTokens> {
  return storedFileAdapter(disk, path, StoredTokens);
}
