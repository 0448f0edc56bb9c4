import { crc32 } from 'node:zlib';
import type { Chain } from '../../../chain/chain.ts';
import { storedChain } from './schema.ts';
import { partition } from '../disk/durable-file.ts';

/** What a journal holds, and in what condition it is. */
interface JournalText {
  /** The last version of each chain, in the order of their first lines. */
  chains: Chain[];
  /** Complete lines that this store did not write. */
  damaged: DamagedLine[];
  /** The last line has no end, as a write leaves it that was cut short; it was never acknowledged. */
  torn: boolean;
}

export interface DamagedLine {
  /** Counted from 1. */
  line: number;
  /** The id of the chain, if the line names one. */
  chain: string | null;
  reason: string;
}

const lineShape = /^\{"crc32":"([0-9a-f]{8})","chain":(.*)\}$/;

/** The line of a chain, a JSON object whose checksum covers the exact text of the chain. */
export function toJournalLine(chain: Chain): Buffer {
  const json = JSON.stringify(chain);
  return Buffer.from(`{"crc32":"${checksum(json)}","chain":${json}}\n`);
}

export function parseJournal(text: string): JournalText {
  const lines = text.split('\n');
  const rest = lines.pop() ?? '';
  const chains: Chain[] = [];
  const damaged: DamagedLine[] = [];
  for (const [at, line] of lines.entries()) {
    const read = parseLine(line);
    if ('reason' in read) damaged.push({ line: at + 1, ...read });
    else chains.push(read);
  }
  const last = rest === '' ? null : parseLine(rest);
  if (last !== null && !('reason' in last)) chains.push(last);
  const latest = new Map(chains.map((chain) => [chain.id, chain]));
  return { chains: [...latest.values()], damaged, torn: rest !== '' };
}

function parseLine(line: string): Chain | Omit<DamagedLine, 'line'> {
  const [, sum, json] = lineShape.exec(line) ?? [];
  if (json === undefined) return { chain: null, reason: 'it is not a line of the journal' };
  if (checksum(json) !== sum) return { chain: null, reason: 'its checksum is wrong' };
  const parsed = parseJson(json);
  if (parsed === undefined) return { chain: null, reason: 'it is not JSON' };
  const { good, damaged } = partition([parsed], storedChain);
  const [chain] = good;
  return chain ?? { chain: damaged[0]?.id ?? null, reason: damaged[0]?.reason ?? '' };
}

function parseJson(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

function checksum(text: string): string {
  return crc32(text).toString(16).padStart(8, '0');
}
