import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { fetchLog } from '../../../src/evidence/artifacts/fetch-artifact.ts';
import { createMemorySource } from '../memory-source.ts';

const folder = 'bucket/logs/periodic-ci-org-repo-main-e2e/17';
const path = `${folder}/build-log.txt`;
const entry = (message: string) => `INFO[2026-06-12T13:01:21Z] ${message}\n`;
const reason = entry(
  "Reporting job state 'failed' with reason 'executing_graph:step_failed:executing_multi_stage_test'",
);
const heading = `ERRO[2026-06-12T13:01:21Z] Some steps failed:\n`;

/** The error of a test that failed in pre, and then in as many steps of post, with 2 KiB of each one's log. */
function writeVerdict(postSteps: number, quoted = 'y\n'.repeat(1_000)): string {
  const link = 'Link to step on registry info site: https://steps.ci.openshift.org/reference/';
  const post = Array.from(
    { length: postSteps },
    (_, at) => `"e2e" pod "e2e-gather-${at}" failed: x\n---\n${quoted}---\n${link}gather-${at}\nLink`,
  );
  const pre = `"e2e" pre steps failed: "e2e" pod "e2e-up" failed: x\n---\nz\n---\n${link}up\nLink`;
  return `${heading}  * could not run steps: step e2e failed: [${pre}, "e2e" post steps failed: [${post.join(', ')}]]\n`;
}

/** The log in front of the verdict, as `bytes` of what a step printed. */
function fill(bytes: number): string {
  return 'filling\n'.repeat(Math.ceil(bytes / 8));
}

async function read(log: string, fail: readonly number[] = []) {
  const asked: number[] = [];
  const source = createMemorySource({ [path]: log });
  const counting: typeof source = {
    ...source,
    async tail(name, bytes) {
      asked.push(bytes);
      return fail.includes(bytes) ? { kind: 'unavailable', why: 'HTTP 503' } : source.tail(name, bytes);
    },
  };
  return { asked, ...(await fetchLog(counting, folder)) };
}

describe('how much of a log is read', () => {
  const kib = 1_024;
  const cases: [string, string, number[], string[]][] = [
    ['all of a short one', entry('Ran for 3m'), [64], []],
    ['a long one with its verdict at the end', fill(300_000) + writeVerdict(2) + reason, [64], ['e2e']],
    ['an error that is longer', fill(300_000) + writeVerdict(40) + reason, [64, 256], ['e2e']],
    ['an error that is longer than all of it', writeVerdict(600) + reason, [64, 256, 1_024], []],
    [
      'a quoted log of another ci-operator behind the cut',
      writeVerdict(
        60,
        `${'y\n'.repeat(800)}${heading}  * could not run steps: step inner failed: "inner" pre steps failed: x\n`,
      ) + reason,
      [64, 256],
      ['e2e'],
    ],
    ['a log of something else', fill(300_000), [64], []],
    ['a run that was killed', fill(90_000) + entry('Running multi-stage phase pre'), [64], []],
    [
      'a run that was killed after a long echo',
      entry('Running multi-stage phase pre') + fill(90_000) + entry('x'),
      [64, 256],
      [],
    ],
    [
      'a phase post that failed before it was killed',
      entry('Step phase pre failed after 3m.') + fill(90_000) + entry('Step phase post failed after 3m.'),
      [64, 256],
      [],
    ],
  ];
  for (const [name, log, asked, tests] of cases) {
    test(name, async () => {
      const found = await read(log);
      assert.deepEqual([found.asked, found.gaps], [asked.map((each) => each * kib), []]);
      assert.deepEqual(
        found.value?.errors.map((error) => error.test),
        tests,
      );
    });
  }

  test('the text stays the last 64 KiB', async () => {
    const log = writeVerdict(40) + reason;
    assert.equal((await read(log)).value?.text, log.slice(-65_536));
  });

  test('the rest of a log that cannot be read now is a gap, and what was read counts', async () => {
    const { value, gaps, retryable, absent } = await read(writeVerdict(40) + reason, [262_144]);
    const gap = { file: 'build-log.txt', kind: 'unread', detail: 'HTTP 503' };
    assert.deepEqual([gaps, retryable, absent], [[gap], true, false]);
    assert.deepEqual(value?.reasons, ['executing_graph:step_failed:executing_multi_stage_test']);
  });
});
