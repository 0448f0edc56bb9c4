import type { Config } from '../config.ts';
import { doubtSettings } from './doubt-settings.ts';
import { readVersion } from './read-version.ts';

/** What a service says of itself beside how it is. */
export interface ServiceSelf {
  version: string;
  /** By name. `value` is left out if the asker may not see it. */
  settings: Record<string, { set: boolean; value?: string | null | undefined }>;
  warnings: { setting: string; says: string }[];
}

/** Every chain view and every link shows these, or they are times and rates that say nothing of a deployment. */
const open = new Set([
  'RETRIGGER_GCS_BUCKET',
  'RETRIGGER_PROW_URL',
  'RETRIGGER_GANGWAY_RATE',
  'RETRIGGER_POLL_INTERVAL',
  'RETRIGGER_COMPLETION_TIMEOUT',
]);

/**
 * Which settings the service has, and what it doubts about them. A stranger reads only which are set, the values that
 * are public anyway, and no doubt about a secret; `isTrusted`: who may change the service reads all but secrets.
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
