import { testKnownTokens } from '../contract/known-tokens.ts';
import { MemoryKnownTokens } from './memory-known-tokens.ts';

testKnownTokens('known tokens in memory', async () => {
  let time = Date.UTC(2026, 5, 12);
  const tokens = new MemoryKnownTokens({ now: () => time });
  return { tokens, pass: (ms) => void (time += ms), stop: async () => {} };
});
