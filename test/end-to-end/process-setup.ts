import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { ChainView } from '../../src/report/chain/view-chain.ts';
import type { RunId } from '../../src/job/run.ts';
import { reTriggerBody } from '../prow/re-trigger-step.ts';
import type { Prow } from '../prow/start-prow.ts';

/** The stages of a run in the stand-in, in ms, for a service on the machine's own clock. */
export const fast = {
  scheduling: 5,
  triggered: 5,
  setup: 5,
  pre: 20,
  test: 20,
  post: 10,
  upload: 5,
  report: 5,
};

/** A folder that holds `rules.yaml`, and is gone after the test. */
export async function makeFolder(t: TestContext, rules: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'retrigger-'));
  // Whoever is still being killed may write meanwhile.
  t.after(() => rm(folder, { recursive: true, force: true, maxRetries: 10 }));
  await writeFile(join(folder, 'rules.yaml'), rules);
  return folder;
}

/** Settings of a service in a process of its own, with the rules in `folder`, its data there, too, and no rate limit. */
export function settingsFor(prow: Prow, folder: string) {
  return {
    RETRIGGER_LISTEN_PORT: '0',
    RETRIGGER_DATA_DIR: join(folder, 'data'),
    RETRIGGER_RULES_DIR: folder,
    RETRIGGER_GANGWAY_URL: prow.gangwayUrl,
    RETRIGGER_GANGWAY_RATE: 'off',
    RETRIGGER_GCS_URL: prow.bucketUrl,
    RETRIGGER_SLACK_ORIGINS: prow.slackUrl,
  };
}

/** Notifies once of a failed run, as its step does; rejects where no answer comes. */
export async function notifyOnce(url: string, prow: Prow, run: RunId): Promise<Response> {
  const body = reTriggerBody(run, { token: prow.token, slackWebhookUrl: prow.slack.hook() });
  const headers = { 'content-type': 'application/json' };
  return fetch(`${url}/openshift-ci-re-trigger`, { method: 'POST', headers, body });
}

export async function listViews(url: string): Promise<ChainView[]> {
  const response = await fetch(`${url}/api/v1/chains?limit=1000`);
  return ((await response.json()) as { chains: ChainView[] }).chains;
}

/** The jobs of which people were told that it ended so. */
export function toldAs({ slack }: Prow, ...ends: ('passed' | 'failed again')[]): Set<string> {
  const pattern = new RegExp(String.raw`^\*(\S+) (?:${ends.join('|')}) on`);
  const texts = slack.delivered.map(({ payload }) => String((payload as { text?: unknown }).text));
  return new Set(texts.flatMap((text) => pattern.exec(text)?.[1] ?? []));
}
