import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type PastedRun, readPastedRun } from '../../src/job/pasted-run.ts';

const buildId = '1930000000000000001';
const bucket = 'test-platform-results-public';
const logs = `logs/periodic-ci-a.b_c/${buildId}`;
const run = { jobName: 'periodic-ci-a.b_c', buildId };

function inFolder(path: string, jobName = run.jobName, name = bucket): PastedRun {
  return { kind: 'folder', folder: `${name}/${path}`, jobName, buildId, hasBucket: name !== '?' };
}

const whole = inFolder(logs);
const deck = `https://prow.ci.openshift.org/view/gs/${bucket}/${logs}`;

const ofTheRun: [what: string, text: string][] = [
  ["Deck's page", deck],
  ["Deck's page, the other way", `https://prow.ci.openshift.org/view/gcs/${bucket}/${logs}/`],
  ['a line of the log', `${deck}?lens=x#1:build-log.txt%3A12`],
  ['a port', `http://localhost:8080/view/gs/${bucket}/${logs}`],
  ['no scheme', deck.replace('https://', '')],
  ['no scheme and a port', `localhost:8080/view/gs/${bucket}/${logs}`],
  ['a scheme in capitals', deck.replace('https', 'HTTPS')],
  ['gcsweb', `https://gcs.ci.openshift.org/gcs/${bucket}/${logs}/`],
  ['the old gcsweb', `https://gcsweb-ci.apps.ci.l2s4.p1.openshiftapps.com/gcs/${bucket}/${logs}/`],
  [
    'a file deep below the run',
    `https://gcs.ci.openshift.org/gcs/${bucket}/${logs}/artifacts/e2e/step/build-log.txt`,
  ],
  [
    'a folder with a dot and a run of digits',
    `https://gcs.ci.openshift.org/gcs/${bucket}/${logs}/artifacts/logs/x/12/.x/`,
  ],
  ['the store', `https://storage.googleapis.com/${bucket}/${logs}/prowjob.json`],
  ['the store by the name of the bucket', `https://${bucket}.storage.googleapis.com/${logs}/prowjob.json`],
  [
    'the store for people who are signed in',
    `https://storage.cloud.google.com/${bucket}/${logs}/finished.json?authuser=0`,
  ],
  [
    'the JSON API',
    `https://storage.googleapis.com/storage/v1/b/${bucket}/o/${encodeURIComponent(`${logs}/prowjob.json`)}?alt=media`,
  ],
  [
    'the JSON API, to download',
    `https://www.googleapis.com/download/storage/v1/b/${bucket}/o/${encodeURIComponent(`${logs}/a b.txt`.replace(' ', '_'))}`,
  ],
  [
    "Google's console",
    `https://console.cloud.google.com/storage/browser/${bucket}/${logs};tab=objects?prefix=&project=x`,
  ],
  [
    "a file in Google's console",
    `https://console.cloud.google.com/storage/browser/_details/${bucket}/${logs}/build-log.txt;tab=live_object`,
  ],
  ['gs://', `gs://${bucket}/${logs}`],
  ['gs:// to a file', `gs://${bucket}/${logs}/artifacts/junit_operator.xml`],
  ['a bucket and a path', `${bucket}/${logs}`],
  ['encoded slashes', `https://gcs.ci.openshift.org/gcs/${bucket}/${encodeURIComponent(logs)}`],
  ['encoded as a whole', encodeURIComponent(deck)],
  ['blanks around', `  ${deck}\n`],
  ["Slack's brackets", `<${deck}>`],
  ["Slack's brackets and label", `<${deck}|the failed run>`],
  ["Slack's link at the end of a sentence", `<${deck}|the failed run>.`],
  ["Slack's entities", `<${deck}?a=1&amp;b=2>`],
  ['double quotes', `"${deck}"`],
  ['single quotes', `'${deck}',`],
  ['code', `\`${deck}\``],
  ['a dot at the end', `${deck}.`],
  ['a comma at the end', `${deck},`],
  ['brackets', `(${deck})`],
  ['the end of brackets', `${deck}/).`],
];

describe('a run is read from', () => {
  for (const [what, text] of ofTheRun) {
    test(what, () => {
      assert.deepEqual(readPastedRun(text), whole, text);
    });
  }

  test('the link of an old bucket, which it keeps', () => {
    for (const old of ['origin-ci-test', 'test-platform-results']) {
      assert.deepEqual(readPastedRun(deck.replace(bucket, old)), inFolder(logs, run.jobName, old));
    }
  });

  test('a path alone, which names no bucket', () => {
    assert.deepEqual(readPastedRun(`${logs}/build-log.txt`), inFolder(logs, run.jobName, '?'));
    assert.deepEqual(readPastedRun(`/${logs}/`), inFolder(logs, run.jobName, '?'));
  });

  const pulls = [
    `pr-logs/pull/org_repo/7/pull-ci-a/${buildId}`,
    `pr-logs/pull/27600/pull-ci-a/${buildId}`,
    `pr-logs/pull/repo/7/pull-ci-a/${buildId}`,
    `pr-logs/pull/batch/pull-ci-a/${buildId}`,
  ];
  for (const pull of pulls) {
    test(`a file below ${pull}`, () => {
      const read = readPastedRun(`https://gcs.ci.openshift.org/gcs/${bucket}/${pull}/artifacts/x/9/y`);
      assert.deepEqual(read, inFolder(pull, 'pull-ci-a'));
    });
  }

  test("a pull request's alias, and Deck's page of the log", () => {
    const build = { kind: 'build', jobName: 'pull-ci-a', buildId };
    assert.deepEqual(readPastedRun(`gs://${bucket}/pr-logs/directory/pull-ci-a/${buildId}.txt`), build);
    const log = `https://prow.ci.openshift.org/log?container=test&id=${buildId}&job=pull-ci-a`;
    assert.deepEqual(readPastedRun(log), build);
  });

  test("Prow's record of it", () => {
    const prowJob = { kind: 'prow-job', prowJobId: '89b090c9-7a46-11ed-9cbb-0a580a812bf4' };
    const page = `https://prow.ci.openshift.org/prowjob?prowjob=${prowJob.prowJobId}`;
    for (const text of [page, `<${page}|YAML>`, page.replace('https://', ''), `${page}.`, `${page}#x`]) {
      assert.deepEqual(readPastedRun(text), prowJob, text);
    }
  });
});

test('a page of many runs is recognised', () => {
  const many = [
    'https://prow.ci.openshift.org/?job=periodic-*',
    `https://prow.ci.openshift.org/job-history/gs/${bucket}/logs/periodic-ci-a`,
    `https://gcs.ci.openshift.org/gcs/${bucket}/logs/periodic-ci-a/`,
    `gs://${bucket}/pr-logs/pull/org_repo/7`,
  ];
  for (const text of many) assert.deepEqual(readPastedRun(text), { kind: 'many' }, text);
});

test('an address that names no run, or would lead out of its folder, is refused', () => {
  const odd = [
    '',
    ' ',
    'a-job',
    'https://example.com',
    'https://prow.ci.openshift.org/',
    'https://prow.ci.openshift.org/prowjob?prowjob=',
    'https://prow.ci.openshift.org/prowjob?prowjob=a/b',
    'https://prow.ci.openshift.org/prowjob?prowjob=../x',
    `https://prow.ci.openshift.org/x/prowjob?prowjob=a`,
    `ftp://prow/view/gs/${bucket}/${logs}`,
    `javascript:/view/gs/${bucket}/${logs}`,
    `https://evil/x/view/gs/${bucket}/${logs}`,
    `gs://../${logs}`,
    `gs://B/${logs}`,
    `gs:///${logs}`,
    `gs://${bucket}/logs/../../other/a-job/19`,
    `gs://${bucket}/logs/%2e%2e/%2E%2E/a-job/19`,
    `gs://${bucket}/logs/./19`,
    `gs://${bucket}/logs//19`,
    `gs://${bucket}/logs/a job/19`,
    `gs://${bucket}/logs/a%0ajob/19`,
    `gs://${bucket}/${logs}%zz`,
    `gs://${bucket}/elsewhere/a-job/19`,
    `${deck}/${'x'.repeat(5_000)}`,
  ];
  for (const text of odd) assert.deepEqual(readPastedRun(text), { kind: 'none' }, text);
  const manyDigits = `gs://${bucket}/logs/a-job/${'1'.repeat(31)}`;
  assert.deepEqual(readPastedRun(manyDigits), { kind: 'many' });
});
