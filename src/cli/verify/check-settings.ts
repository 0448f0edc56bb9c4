import type { ServiceSelf } from '../../app/describe-deployment.ts';
import { doubtSettings } from '../../app/settings-warnings.ts';
import type { Config } from '../../config/read-config.ts';
import { checkDoor, openDoor } from '../../flow/requests/verify-deployment.ts';
import { type Check, pass } from '../../report/check.ts';

/** The settings of the service that answered at `url`, as it reports them, and the differences in this shell. */
export function checkServiceSettings(config: Config, url: string, self: ServiceSelf): Check[] {
  const set = Object.entries(self.settings).flatMap(([name, shown]) => (shown.set ? [name] : []));
  const parts = [
    `of the service at ${url} (version ${self.version}): valid`,
    ...listDifferences(config, self).map((difference) => `this shell differs: ${difference}`),
    set.length === 0 ? 'all at their defaults' : `set there: ${set.join(', ')}`,
    ...sayWarnings(self.warnings),
    ...(isComplete(self) ? [] : ['with its RETRIGGER_API_TOKEN, verify would show all values and warnings']),
  ];
  const isOpen = self.settings['RETRIGGER_WEBHOOK_SECRET']?.set !== true;
  return [pass('settings', parts.join('; ')), checkDoor(isOpen)];
}

/** `asked`: why the service that answered is not the source; `null`: no service answered. */
export function checkShellSettings(config: Config, asked: string | null): Check[] {
  const whose = asked ?? 'no service answered';
  const parts = [`of this shell, because ${whose}: valid`, ...sayWarnings(doubtSettings(config))];
  return [pass('settings', parts.join('; ')), checkDoor(config.webhookSecrets === null)];
}

/** The warning about the missing webhook secret has a line of its own. */
function sayWarnings(warnings: ServiceSelf['warnings']): string[] {
  return warnings.flatMap(({ setting, says }) => (says === openDoor ? [] : [`warning: ${setting}: ${says}`]));
}

/** If these differ, the checks of this command can differ from what the service experiences. */
const compared = [
  'RETRIGGER_GANGWAY_URL',
  'RETRIGGER_GANGWAY_TOKEN',
  'RETRIGGER_GCS_URL',
  'RETRIGGER_GCS_BUCKET',
  'RETRIGGER_SLACK_WEBHOOK_URL',
  'RETRIGGER_SLACK_ERRORS_WEBHOOK_URL',
  'SLACK_BOT_TOKEN',
  'RETRIGGER_SLACK_CHANNEL',
];

/** No other caller gets a value of this setting. */
function isComplete({ settings }: ServiceSelf): boolean {
  return settings['RETRIGGER_LISTEN_PORT']?.value !== undefined;
}

function listDifferences({ shown }: Config, { settings }: ServiceSelf): string[] {
  return compared.flatMap((name) => {
    const ours = shown.find((each) => each.name === name);
    const theirs = settings[name];
    if (ours === undefined || theirs === undefined) return [];
    const areKnown = typeof theirs.value === 'string' && ours.value !== null;
    if (areKnown && theirs.value === ours.value) return [];
    if (areKnown) return [`${name} is ${theirs.value} there and ${ours.value} here`];
    if (theirs.set === ours.isSet) return [];
    return [`${name} is ${theirs.set ? 'set' : 'not set'} there and ${ours.isSet ? 'set' : 'not set'} here`];
  });
}
