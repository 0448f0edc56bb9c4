import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { runCommandLine } from '../../src/cli/run-command-line.ts';
import { type Ended, startChild } from '../child/start-child.ts';
import type { Prow } from '../prow/start-prow.ts';

/** Runs a command in this process, with these settings alone, and waits for its end. */
export async function runCommand(args: readonly string[], env: Record<string, string> = {}): Promise<Ended> {
  const said = { stdout: '', stderr: '' };
  const terminal = {
    out: (line: string) => void (said.stdout += `${line}\n`),
    err: (line: string) => void (said.stderr += `${line}\n`),
  };
  return { code: await runCommandLine(args, terminal, env), ...said };
}

/** The same in a process of its own, as a person does. */
export function runProcess(
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
