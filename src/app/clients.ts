import { DeckRecords } from '../adapters/deck/deck-records.ts';
import { GangwayClient } from '../adapters/gangway/gangway-client.ts';
import { BucketSource } from '../adapters/gcs/bucket-source.ts';
import type { SlackPublisher } from '../adapters/slack/outbound/slack-publisher.ts';
import { WebhookReporter } from '../adapters/slack/outbound/webhook-reporter.ts';
import { readOpenFileLimit } from '../adapters/system/process.ts';
import type { Config } from '../config/read-config.ts';
import type { ArtifactSource } from '../evidence/artifacts/artifact-source.ts';
import type { RunRecords } from '../evidence/artifacts/run-records.ts';
import type { Clock } from '../time/clock.ts';
import { createHttpClient, type HttpClient } from '../http/http-client.ts';
import type { Logger } from '../logging.ts';
import type { Reporter } from '../report/reporter.ts';
import { shareOpenFiles } from './machine.ts';

export interface Runtime {
  clock: Clock;
  log: Logger;
}

/** The ways out: everything that the service talks to, behind its port. */
export interface Clients {
  http: HttpClient;
  gangway: GangwayClient;
  source: ArtifactSource;
  records: RunRecords;
  reporter: Reporter;
  /** `null`: there is no Slack app. */
  publisher: SlackPublisher | null;
}

/** Nothing is sent yet. */
export async function createClients(
  config: Config,
  { clock, log }: Runtime,
  given?: HttpClient,
): Promise<Clients> {
  const http = given ?? createHttpClient(clock, undefined, shareOpenFiles(readOpenFileLimit()).outgoing);
  const { gangwayUrl, gangwayRate, gcsUrl, gcsBuckets, slackOrigins } = config;
  return {
    http,
    gangway: new GangwayClient({ url: gangwayUrl, rate: gangwayRate, http, clock }),
    source: new BucketSource({ url: gcsUrl, buckets: gcsBuckets, http }),
    records: new DeckRecords({ url: config.prowUrl, http }),
    reporter: new WebhookReporter(http, slackOrigins),
    publisher: await createPublisher(config, { http, clock, log }),
  };
}

/** `null`: there is no Slack app. */
async function createPublisher(
  { slackApp }: Config,
  runtime: Runtime & { http: HttpClient },
): Promise<SlackPublisher | null> {
  if (slackApp === null) return null;
  const { token, apiUrl, inbound } = slackApp;
  // Slack's library takes a while to load, and most commands have no use for it.
  const { SlackPublisher } = await import('../adapters/slack/outbound/slack-publisher.ts');
  return new SlackPublisher({ token, apiUrl, canAct: inbound.kind !== 'none', ...runtime });
}
