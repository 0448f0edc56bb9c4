import { crc32 } from 'node:zlib';
import type { Chain } from '../../chain/chain.ts';
import { storedChain } from './stored-chain.ts';

/** What a journal holds, and in what condition it is. */
export interface JournalText {
  /** Each as its last line has it, in the order of their first lines. */
  chains: Chain[];
  /** Whole lines that are not what was written. */
  damaged: number;
  /** The last line has no end, as a write leaves it that was cut short; it was never acknowledged. */
  torn: boolean;
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
  const chains = lines.map(parseLine);
  const last = rest === '' ? null : parseLine(rest);
  const whole = [...chains, last].filter((chain) => chain !== null);
  return {
    chains: [...new Map(whole.map((chain) => [chain.id, chain])).values()],
    damaged: chains.filter((chain) => chain === null).length,
    torn: rest !== '',
  };
}

function parseLine(line: string): Chain | null {
  const [, sum, json] = lineShape.exec(line) ?? [];
  if (json === undefined || checksum(json) !== sum) return null;
  return storedChain.safeParse(JSON.parse(json)).data ?? null;
}

function checksum(text: string): string {
  return crc32(text).toString(16).padStart(8, '0');
}
