import type { Config } from '../config/read-config.ts';
import { doubtSettings } from './settings-warnings.ts';
import { readVersion } from './read-version.ts';

/** What a service shows of itself besides its health. */
export interface ServiceSelf {
  version: string;
  /** By name. `value` is left out if the asker may not see it. */
  settings: Record<string, { set: boolean; value?: string | null | undefined }>;
  warnings: { setting: string; says: string }[];
}

/** Chain views and links show these anyway, or they are times and rates that reveal nothing about a deployment. */
const open = new Set([
  'RETRIGGER_GCS_BUCKET',
  'RETRIGGER_PROW_URL',
  'RETRIGGER_GANGWAY_RATE',
  'RETRIGGER_POLL_INTERVAL',
  'RETRIGGER_COMPLETION_TIMEOUT',
]);

/**
 * Which settings the service has, and its warnings about them. A stranger sees which are set and the values that are
 * public anyway, but no warning about a secret. `isTrusted`: the caller may change the service; it sees all but secrets.
 */
export function describeDeployment(config: Config, isTrusted: boolean): ServiceSelf {
  const settings = config.shown.map(({ name, isSet, value }) => {
    const isVisible = isTrusted || open.has(name);
    return [name, isVisible ? { set: isSet, value } : { set: isSet }] as const;
  });
  const doubts = doubtSettings(config).filter(({ isPrivate }) => isTrusted || isPrivate !== true);
  return {
    version: readVersion(),
    settings: Object.fromEntries(settings),
    warnings: doubts.map(({ setting, says }) => ({ setting, says })),
  };
}
