import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { type Ended, startChild } from '../child/start-child.ts';
import type { Prow } from '../prow/start-prow.ts';

/** Runs the command line as a person does, and waits for its end. */
export function runCommand(
  t: TestContext,
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<Ended> {
  return startChild(t, 'src/main.ts', args, env).ended;
}

/** The settings of somebody who works with the stand-in; no service runs there. */
export function settingsFor(prow: Prow): Record<string, string> {
  return {
    RETRIGGER_GANGWAY_URL: prow.gangwayUrl,
    RETRIGGER_GANGWAY_TOKEN: prow.token,
    RETRIGGER_GCS_URL: prow.bucketUrl,
    RETRIGGER_SLACK_ORIGINS: prow.slackUrl,
    RETRIGGER_LISTEN_PORT: '1',
    RETRIGGER_DATA_DIR: '/nowhere/at/all',
  };
}

export async function folderForTest(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'retrigger-command-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}
