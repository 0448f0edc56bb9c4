import { testNoticeStore } from '../contract/notice-store.ts';
import { MemoryNoticeStore } from './memory-notice-store.ts';

testNoticeStore('notices in memory', async () => ({
  store: new MemoryNoticeStore(),
  stop: async () => undefined,
}));
