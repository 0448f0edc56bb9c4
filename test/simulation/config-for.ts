import { type Config, readConfig } from '../../src/config/read-config.ts';
import { origins, slackApiUrl } from './faulty-network.ts';
import { dataDir, homeChannel, hour, type Scenario } from './scenario.ts';
import { botToken, ownToken, signingSecret } from './secrets.ts';

const slackApp = {
  SLACK_BOT_TOKEN: botToken,
  SLACK_SIGNING_SECRET: signingSecret,
  RETRIGGER_SLACK_CHANNEL: `#${homeChannel}`,
  RETRIGGER_SLACK_API_URL: slackApiUrl,
};

/** The settings with which the service runs in the world. */
export function configFor({ buckets, pollMs, gangwayRate, hasOwnToken, hasBot }: Scenario): Config {
  const read = readConfig({
    RETRIGGER_DATA_DIR: dataDir,
    RETRIGGER_GANGWAY_URL: origins.gangway,
    RETRIGGER_GCS_URL: origins.bucket,
    RETRIGGER_GCS_BUCKET: buckets.join(','),
    RETRIGGER_GANGWAY_RATE: gangwayRate,
    RETRIGGER_POLL_INTERVAL: `${pollMs / 1000}s`,
    RETRIGGER_COMPLETION_TIMEOUT: `${(6 * hour) / 1000}s`,
    RETRIGGER_SLACK_WEBHOOK_URL: `${origins.slack}/services/T00000000/B00000000/service`,
    ...(hasOwnToken ? { RETRIGGER_GANGWAY_TOKEN: ownToken } : {}),
    ...(hasBot ? slackApp : {}),
  });
  if (!read.ok) throw new Error(read.problems.join('\n'));
  return read.config;
}
