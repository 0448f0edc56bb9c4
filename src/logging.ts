import pino, { type DestinationStream, type Logger } from 'pino';

export type { Logger };

const secretPaths = [
  'token',
  'trigger_token',
  'authorization',
  'headers.authorization',
  'body',
  'credentials',
];

/**
 * Logs as JSON lines. Messages are constant and ids are fields; what could hold a secret is cut by name, on
 * top of the `Secret` type, which prints as `<secret>` anyway.
 */
export function createLogger(level: string, destination?: DestinationStream): Logger {
  const options = {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    redact: { paths: [...secretPaths, ...secretPaths.map((path) => `*.${path}`)], censor: '<secret>' },
  };
  return destination === undefined ? pino(options) : pino(options, destination);
}
