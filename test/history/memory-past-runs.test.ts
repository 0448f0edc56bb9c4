import { MemoryPastRuns } from '../../src/history/past-runs.ts';
import { testPastRuns } from '../contract/past-runs.ts';

testPastRuns('memory', (clock) =>
  Promise.resolve({ pastRuns: new MemoryPastRuns(clock), stop: () => Promise.resolve() }),
);
