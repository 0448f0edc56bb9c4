import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { classifyLog } from '../../../src/evidence/phase/classify-log.ts';
import { readBuildLog } from '../../../src/evidence/log/read-build-log.ts';

const imported =
  'failed to wait for importing imagestreamtags on ci-op-1/pipeline:a: failed to reimport the tag ci-op-1/pipeline:a: unable to import tag';

describe('an error that only the log shows', () => {
  const errors: [string, string, string | null][] = [
    ['[input:root]', imported, 'import'],
    [
      '[release:latest]',
      'failed to get CLI image: the pod ci-op-1/release-latest-cli failed after 3m',
      'import',
    ],
    ['[release-inputs:initial]', imported, 'import'],
    ['[output:stable:cli]', 'could not find: x', 'build'],
    ['[images]', 'x', 'build'],
    ['src', 'x', 'build'],
    ['bin', 'x', 'build'],
    ['root', 'x', 'build'],
    ['test-bin', 'x', 'build'],
    [
      'cli',
      'error occurred handling build cli-amd64: the build cli-amd64 failed after 2m with reason DockerBuildFailed: x',
      'build',
    ],
    ['cli', 'the build cli failed after 2m26s with reason PushImageToRegistryFailed: x', 'build'],
    ['cli', 'build not successful after 5 attempts: [x, x]', 'build'],
    [
      'cli',
      "error occurred handling build cli: build didn't start running within 30m0s (phase: Pending):",
      'build',
    ],
    ['stable', imported, 'import'],
    ['unit', 'test "unit" failed: could not watch pod: the pod ci-op-1/unit failed after 5m', 'test'],
    ['unit', 'the pod ci-op-1/unit failed after 5m (failed containers: test): Error', 'test'],
    [
      'e2e',
      'template pod "e2e" failed: the pod ci-op-1/e2e failed after 1h (failed containers: setup, test): x',
      'pre',
    ],
    [
      'e2e',
      'template pod "e2e" failed: the pod ci-op-1/e2e failed after 1h (failed containers: test): x',
      'test',
    ],
    ['e2e', 'step needs a lease but no lease client provided', 'lease'],
    ['e2e', 'failed to acquire lease for "aws-quota-slice": resources not found', 'lease'],
    ['e2e', '"e2e" test steps failed: "e2e" pod "e2e-run" failed: x', 'test'],
    ['e2e', 'status 401 Unauthorized, statusCode 401 releasing aws-3', null],
    ['e2e', 'failed to delete cluster claim a in namespace b: x', null],
    ['e2e', 'something else', null],
    ['e2e', 'failed to create a client for releasing aws-3', null],
  ];
  const forms: [string, (step: string, text: string) => string][] = [
    ['under its heading', (step, text) => `  * could not run steps: step ${step} failed: ${text}`],
    ['alone on a line', (step, text) => `error: could not run steps: step ${step} failed: ${text}`],
    ['in an older list', (step, text) => `  * step ${step} failed: ${text}`],
  ];
  for (const [step, text, phase] of errors) {
    for (const [form, write] of forms) {
      test(`${step}, ${text.slice(0, 60)}, ${form}`, () => {
        const log = readBuildLog(`2020/03/09 12:00:00 Ran for 2m\n${write(step, text)}\n`);
        assert.equal(classifyLog(log, { tests: [], jobName: null })?.phase ?? null, phase);
      });
    }
  }

  const others: [string, string][] = [
    ['could not resolve inputs: failed to resolve release latest: 503', 'import'],
    ['failed to load configuration: x', 'infra'],
    ['could not initialize namespace: x', 'infra'],
    ['could not run promotion step [promotion]: unable to import: x', 'infra'],
  ];
  for (const [text, phase] of others) {
    test(text, () => {
      const log = readBuildLog(`ERRO[2026-06-12T13:01:21Z] Some steps failed:\n  * ${text}\n`);
      assert.equal(classifyLog(log, { tests: [], jobName: null })?.phase, phase);
    });
  }
});
