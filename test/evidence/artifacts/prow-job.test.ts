import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readProwJob } from '../../../src/evidence/artifacts/prow-job.ts';

const whole = {
  metadata: {
    name: 'chat-bot-2022-05-16-103338.9814',
    labels: { 'retrigger/attempt': '1', odd: 7 },
    annotations: { executor: 'gangway' },
  },
  spec: {
    type: 'presubmit',
    job: 'pull-ci-a-b-main-e2e',
    pod_spec: { containers: [{ env: [{ name: 'A', value: '1' }], args: ['--multi-stage-param=B=1'] }] },
    decoration_config: { gcs_configuration: { bucket: 'gs://kubevirt-prow' } },
    refs: {
      org: 'a',
      repo: 'b',
      base_ref: 'main',
      base_sha: 'f00',
      repo_link: 7,
      path_alias: 'x/y',
      work_dir: true,
      pulls: [{ number: 7, sha: 'ba5', author: 'me', title: null }, { number: '8', sha: 'ba5' }, 'nine'],
    },
  },
  status: {
    state: 'error',
    description: ' Pod can not be created:\n\u001b[31mquota\u001b[0m ',
    url: 'https://prow/view/gs/b/f',
    build_id: '1602362182819909632',
    startTime: '2026-01-01T00:00:00Z',
    completionTime: '2026-01-01T01:00:00Z',
  },
};

test('a ProwJob is read, what is of a wrong type is left out', () => {
  assert.deepEqual(readProwJob(JSON.stringify(whole, null, '\t')), {
    name: 'chat-bot-2022-05-16-103338.9814',
    job: 'pull-ci-a-b-main-e2e',
    type: 'presubmit',
    refs: {
      org: 'a',
      repo: 'b',
      base_ref: 'main',
      base_sha: 'f00',
      path_alias: 'x/y',
      pulls: [{ number: 7, sha: 'ba5', author: 'me' }],
    },
    labels: { 'retrigger/attempt': '1' },
    annotations: { executor: 'gangway' },
    state: 'ERROR',
    description: 'Pod can not be created: quota',
    url: 'https://prow/view/gs/b/f',
    buildId: '1602362182819909632',
    bucket: 'kubevirt-prow',
    startTime: Date.UTC(2026, 0, 1),
    completionTime: Date.UTC(2026, 0, 1, 1),
    overrides: { envs: { A: '1' }, notCarried: ['--multi-stage-param B'] },
  });
});

test('a ProwJob without anything is a ProwJob of nulls', () => {
  const nothing = {
    name: null,
    job: null,
    type: null,
    refs: null,
    labels: {},
    annotations: {},
    state: 'UNKNOWN',
    description: null,
    url: null,
    buildId: null,
    bucket: null,
    startTime: null,
    completionTime: null,
    overrides: { envs: {}, notCarried: [] },
  };
  for (const text of [
    '{}',
    '{"metadata": [], "spec": "x", "status": null}',
    '{"status": {"description": " \\n"}}',
    '{"spec": {"refs": {"org": "a"}}, "status": {"startTime": "soon", "build_id": 7}}',
  ]) {
    assert.deepEqual(readProwJob(text), nothing);
  }
});

test('a description is bounded', () => {
  const text = JSON.stringify({ status: { description: 'x'.repeat(100_000) } });
  assert.equal(readProwJob(text)?.description?.length, 500);
});

test('a byte order mark in front is skipped', () => {
  assert.equal(readProwJob('\uFEFF{"status": {"state": "error"}}')?.state, 'ERROR');
});

test('what is no JSON object is unreadable', () => {
  for (const text of ['', 'null', '[]', '7', '{"metadata"', '<!doctype html><html></html>'])
    assert.equal(readProwJob(text), null);
});

test('a bucket that is of other storage, or no name of a bucket, is left out', () => {
  for (const bucket of ['s3://b', 'a/b', '..', 'B', 7, '']) {
    const text = JSON.stringify({ spec: { decoration_config: { gcs_configuration: { bucket } } } });
    assert.equal(readProwJob(text)?.bucket, null, String(bucket));
  }
});
