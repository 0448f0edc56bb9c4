import { testSilenceStore } from '../../contract/silence-store.ts';
import { MemorySilenceStore } from './memory-silence-store.ts';

testSilenceStore('silences in memory', async () => ({
  store: new MemorySilenceStore(),
  stop: async () => undefined,
}));
