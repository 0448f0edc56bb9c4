import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatDuration, parseDuration } from '../../src/time/duration.ts';
import {
  aliasPath,
  batchFolder,
  bucketOf,
  isLaterBuild,
  logsFolder,
  moveToBucket,
  parentFolder,
  pathInBucket,
  readRunUrl,
  runUrl,
} from '../../src/job/run.ts';
import { isFinished, readJobStatus } from '../../src/job/status.ts';
import { readJobType } from '../../src/job/type.ts';

test('durations are read as settings and rules write them, and nothing else', () => {
  const read = ['500ms', '30s', '30m', '12h', '7d', '0s'].map(parseDuration);
  assert.deepEqual(read, [500, 30_000, 1_800_000, 43_200_000, 604_800_000, 0]);
  for (const text of [
    '',
    '5',
    's',
    '1.5h',
    '-1s',
    '1h30m',
    ' 1s',
    '1s ',
    '1S',
    '1w',
    '9'.repeat(10) + 's',
    '1s\n',
  ]) {
    assert.equal(parseDuration(text), null, text);
  }
});

test('durations are told in two units at most', () => {
  const rows: [number, string][] = [
    [-5, '0ms'],
    [0, '0ms'],
    [450.4, '450ms'],
    [999.9, '1s'],
    [1_499, '1s'],
    [59_999, '1m'],
    [1_800_000, '30m'],
    [4_320_000, '1h 12m'],
    [4_325_000, '1h 12m'],
    [604_800_000, '7d'],
    [90_061_000, '1d 1h'],
  ];
  for (const [ms, text] of rows) assert.equal(formatDuration(ms), text);
});

const folder = 'b-1/logs/a-job/1930000000000000001';
const pull = 'b-1/pr-logs/pull/acme_shop/7/pull-ci-a/1930000000000000002';
const run = { folder, jobName: 'a-job', buildId: '1930000000000000001' };

test('every form of a run’s address leads to its folder', () => {
  const forms = [
    runUrl('https://prow.ci.openshift.org', folder),
    `https://prow.ci.openshift.org/view/gcs/${folder}/`,
    `https://prow.ci.openshift.org/view/gs/${folder}?lens=x#build-log:7`,
    `https://gcsweb-ci.apps.ci.l2s4.p1.openshiftapps.com/gcs/${folder}/`,
    `http://localhost:8080/view/gs/${folder}`,
    `  gs://${folder}\n`,
  ];
  for (const form of forms) assert.deepEqual(readRunUrl(form), run, form);
  const pulled = { folder: pull, jobName: 'pull-ci-a', buildId: '1930000000000000002' };
  assert.deepEqual(readRunUrl(`gs://${pull}`), pulled);
  const batch = 'b-1/pr-logs/pull/batch/pull-ci-a/19';
  assert.equal(readRunUrl(`https://prow/view/gs/${batch}`)?.folder, batch);
});

test('what is no address of a run, or would lead out of its folder, gives null', () => {
  const odd = [
    '',
    'a-job',
    'https://prow.ci.openshift.org/',
    `https://prow.ci.openshift.org/view/gs/b-1/logs/a-job`,
    'gs://b-1/logs/19',
    `gs://b-1/elsewhere/a-job/19`,
    `gs://${folder}/build-log.txt`,
    'gs://b-1/logs/../../other/a-job/19',
    'gs://b-1/logs/./a-job/19',
    'gs://b-1/logs/../19',
    'gs://b-1/logs//19',
    'gs://../logs/a-job/19',
    'gs:///logs/a-job/19',
    'gs://b-1/logs/a job/19',
    'gs://b-1/logs/a\njob/19',
    'gs://b-1/logs/a-job/19x',
    `ftp://prow/view/gs/${folder}`,
    `https://evil/x/view/gs/${folder}`,
  ];
  for (const text of odd) assert.equal(readRunUrl(text), null, text);
});

/** An expression that backtracks would need hours for these; the runner's time limit is the only one. */
test('a hostile address of megabytes is read in one pass', () => {
  for (const text of ['/gs/b/logs/', 'gs://b/logs/'.padEnd(99, 'a/'), '?\n', '/gs/b/pr-logs/pull/x/1']) {
    assert.equal(readRunUrl(`${text.repeat(200_000)}!`), null);
    assert.equal(readRunUrl(`gs://b/logs/${text.repeat(200_000)}!`), null);
  }
});

test('folders are put together and taken apart', () => {
  assert.equal(logsFolder('b', 'a-job', '19'), 'b/logs/a-job/19');
  assert.equal(batchFolder('b', 'a-job', '19'), 'b/pr-logs/pull/batch/a-job/19');
  assert.equal(aliasPath('b', 'a-job', '19'), 'b/pr-logs/directory/a-job/19.txt');
  assert.equal(parentFolder(pull), 'b-1/pr-logs/pull/acme_shop/7/pull-ci-a');
  assert.deepEqual([bucketOf(pull), pathInBucket('b/logs/x')], ['b-1', 'logs/x']);
  assert.equal(moveToBucket('b/logs/x/1', 'c'), 'c/logs/x/1');
});

test('build ids are compared as numbers, also those past 2^53', () => {
  assert.ok(isLaterBuild('1930000000000000001', '1930000000000000000'));
  assert.ok(isLaterBuild('1930000000000000000', '999'));
  assert.ok(!isLaterBuild('999', '1930000000000000000'));
  assert.ok(!isLaterBuild('19', '19'));
});

test('states and types are read in each of Prow’s spellings', () => {
  const words = [
    'failure',
    'FAILURE',
    'Aborted',
    'SCHEDULING',
    'JOB_EXECUTION_STATUS_UNSPECIFIED',
    'NEWER',
    4,
    null,
  ];
  const read = ['FAILURE', 'FAILURE', 'ABORTED', 'SCHEDULING', 'UNKNOWN', 'UNKNOWN', 'UNKNOWN', 'UNKNOWN'];
  assert.deepEqual(words.map(readJobStatus), read);
  assert.deepEqual(
    ['UNKNOWN', 'TRIGGERED', 'PENDING', 'ERROR'].map((word) => isFinished(readJobStatus(word))),
    [false, false, false, true],
  );
  assert.deepEqual(['PERIODIC', 'batch', 'nightly', 1].map(readJobType), ['periodic', 'batch', null, null]);
});
