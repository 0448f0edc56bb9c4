// The service as `serve` runs it, on a clock that goes faster: `serve-scaled.ts ORIGIN PACE`.
import { enableCompileCache, flushCompileCache } from 'node:module';

// Whoever is killed writes no cache at its end, and the next one would compile everything anew.
const { directory } = enableCompileCache();
const { startService } = await import('../../src/app/start.ts');
const { readConfig } = await import('../../src/config/read-config.ts');
const { createLogger } = await import('../../src/logging.ts');
const { ScaledClock } = await import('../time/scaled-clock.ts');

const [, , origin, pace] = process.argv;
const read = readConfig();
if (!read.ok) throw new Error(read.problems.join('\n'));
const clock = new ScaledClock({ origin: Number(origin), pace: Number(pace) });
await startService(read.config, { clock, log: createLogger(read.config.logLevel) });
if (directory !== undefined) flushCompileCache();
