import type { Config } from '../config/read-config.ts';
import type { Secret } from '../secret.ts';
import { CommandFailure } from './terminal.ts';

/** The token for commands that talk to Gangway themselves. */
export function requireToken({ gangwayToken }: Config): Secret {
  if (gangwayToken !== null) return gangwayToken;
  throw new CommandFailure(
    'Gangway wants a token: set RETRIGGER_GANGWAY_TOKEN="$(oc whoami -t)" (on app.ci).',
    2,
  );
}

/** The token for commands that change something in the running service. */
export function requireApiToken({ apiToken }: Config): Secret {
  if (apiToken !== null) return apiToken;
  throw new CommandFailure('The service wants a token: set RETRIGGER_API_TOKEN to the one that it has.', 2);
}
