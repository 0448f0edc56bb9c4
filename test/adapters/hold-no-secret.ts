import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import { createLogger } from '../../src/logging.ts';

/** Fails where a secret shows in a value as JSON, as `inspect` prints it, as an error's parts, or in a log line of it. */
export function holdNoSecret(secret: string, value: unknown): void {
  const lines: string[] = [];
  const log = createLogger('trace', { write: (line) => void lines.push(line) });
  log.info({ value }, 'a value');
  log.error({ err: value, error: value }, 'a fault');
  const chain: unknown[] = [];
  for (let each = value; each instanceof Error; each = each.cause)
    chain.push(each.message, each.stack, Object.entries(each));
  const told = [
    JSON.stringify(value),
    inspect(value, { depth: 9, showHidden: true }),
    JSON.stringify(chain),
    ...lines,
  ];
  for (const text of told) assert.ok(!text?.includes(secret), `the secret shows: ${text}`);
}
