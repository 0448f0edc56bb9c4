import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Found } from '../../../src/evidence/artifacts/artifact-source.ts';
import type { RunRecord, RunRecords } from '../../../src/evidence/artifacts/run-records.ts';
import { formatGap } from '../../../src/evidence/gap.ts';
import { explainRun } from '../../../src/flow/requests/explain-run.ts';
import { describeExplanation, describeUnended } from '../../../src/report/explanation.ts';
import { parseRules } from '../../../src/rules/language/parse-rules.ts';
import { VirtualClock } from '../../time/virtual-clock.ts';
import { job, twoAttempts } from '../flow-world.ts';
import { folderOf, MemoryBucket, publicBucket, type RunOutcome } from '../memory-bucket.ts';

const buildId = '1930000000000000001';
const url = `https://prow.ci.openshift.org/view/gs/test-platform-results-public/logs/${job}/${buildId}`;

/** What Prow still knows, by the name of the ProwJob. */
const known: Record<string, Found<RunRecord>> = {};
const records: RunRecords = { read: async (id) => known[id] ?? { kind: 'absent' } };

function explainIn(bucket: MemoryBucket, ...place: string[]) {
  const parsed = parseRules([{ path: 'rules.yaml', text: twoAttempts }]);
  if (parsed.kind === 'bad') throw new Error(parsed.problems.join('\n'));
  const settings = { prowUrl: 'https://prow.ci.openshift.org' };
  return explainRun(
    { source: bucket, records, clock: new VirtualClock(), rules: () => parsed.rules, settings },
    place,
  );
}

function bucketWith(outcome: RunOutcome): MemoryBucket {
  const bucket = new MemoryBucket();
  bucket.putRun({ jobName: job, prowJobId: 'run-1', buildId, outcome });
  return bucket;
}

test('a run that has ended is explained, by its words and by its address alike', async () => {
  const bucket = bucketWith('pre');
  const [byWords, byUrl] = await Promise.all([explainIn(bucket, job, buildId), explainIn(bucket, url)]);
  assert.deepEqual(byWords, byUrl);
  assert.equal(byUrl.kind, 'explained');
  const { explanation } = byUrl;
  assert.deepEqual(
    [explanation.run.url, explanation.run.attempt, explanation.judgement.decision.reason],
    [url, 0, 'matched'],
  );
  const lines = describeExplanation(explanation);
  assert.ok(lines.includes('It would be tried again: matched (rule again)'));
});

test('a secret in a failure is not said', async () => {
  const bucket = bucketWith('pre');
  const path = `${folderOf({ jobName: job, buildId })}/artifacts/junit_operator.xml`;
  bucket.objects.set(
    path,
    (bucket.objects.get(path) ?? '').replace('it broke', 'no Bearer abcdef0123456789'),
  );
  const explained = await explainIn(bucket, url);
  assert.equal(explained.kind, 'explained');
  const { explanation } = explained;
  const text = describeExplanation(explanation).join('\n');
  assert.match(text, /^message +.*<secret>/m);
  assert.doesNotMatch(text, /abcdef0123456789/);
});

test('a run that goes on is shown, and not judged', async () => {
  const explained = await explainIn(bucketWith('pending'), url);
  assert.equal(explained.kind, 'not-ended');
  const { run } = explained;
  const lines = describeUnended(run);
  assert.deepEqual(lines.slice(0, 3), [
    url,
    '',
    'The run has not ended yet: nothing is decided; ask again then.',
  ]);
});

for (const [what, text] of [
  ['empty', ''],
  ['missing', null],
] as const) {
  test(`a run whose finished.json is ${what} is explained by the final state in prowjob.json`, async () => {
    const bucket = bucketWith('pre');
    const path = `${publicBucket}/logs/${job}/${buildId}/finished.json`;
    if (text === null) bucket.objects.delete(path);
    else bucket.objects.set(path, text);
    const explained = await explainIn(bucket, url);
    assert.equal(explained.kind, 'explained');
    const { run, judgement } = explained.explanation;
    assert.deepEqual([run.evidence.status, judgement.decision.reason], ['FAILURE', 'matched']);
  });
}

test("what Prow says of the run's end is shown, and quoted in the account", async () => {
  const bucket = bucketWith('lost');
  const status = { state: 'error', description: 'Pod scheduling timeout.' };
  bucket.setProwJob(`${publicBucket}/logs/${job}/${buildId}`, status);
  const explained = await explainIn(bucket, url);
  assert.equal(explained.kind, 'explained');
  const lines = describeExplanation(explained.explanation);
  assert.ok(lines.includes('prow       Pod scheduling timeout.'), lines.join('\n'));
  assert.ok(lines.includes('  Prow: "Pod scheduling timeout."'), lines.join('\n'));
});

known['pending'] = { kind: 'found', value: { jobName: job, buildId, url } };
known['bare'] = { kind: 'found', value: { jobName: job, buildId, url: null } };
known['triggered'] = { kind: 'found', value: { jobName: job, buildId: null, url: null } };
known['lost'] = { kind: 'unavailable', why: 'HTTP 503' };

const elsewhere = url.replace('test-platform-results-public', 'another');
const none: [what: string, place: string[], kind: string, says: RegExp][] = [
  ['a run that is not there', [job, '1930000000000000009'], 'absent', /has no run 1930000000000000009 of/],
  [
    'an address in a bucket that is not configured, and the run nowhere else',
    [elsewhere.replace(buildId, '1930000000000000009')],
    'absent',
    /^The bucket test-platform-results-public has no run 1930000000000000009 of \S+\. The address names bucket another, which is not configured: set RETRIGGER_GCS_BUCKET=test-platform-results-public,another if it is public\.$/,
  ],
  ['a page of many runs', ['https://prow/?job=periodic-*'], 'malformed', /a page of many runs/],
  [
    'a run that Prow has forgotten',
    ['https://prow/prowjob?prowjob=gone'],
    'absent',
    /^Prow has no record of gone: .* Paste the address/,
  ],
  [
    'a run that has not begun',
    ['prow.ci.openshift.org/prowjob?prowjob=triggered'],
    'absent',
    /has not started yet/,
  ],
  [
    'a Prow that is away',
    ['https://prow/prowjob?prowjob=lost'],
    'unavailable',
    /^Prow's record of lost could not be read: HTTP 503\.$/,
  ],
  ['something else than an address', ['https://example.com'], 'malformed', /^Name a job and a build id/],
  ['no words at all', [], 'malformed', /^Name a job and a build id/],
  ['a build id that is none', [job, 'x'], 'malformed', /x is no job name and build id\.$/],
  ['a job name that leads elsewhere', ['../..', buildId], 'malformed', /is no job name and build id\.$/],
];
for (const [what, place, kind, says] of none) {
  test(`${what}: ${kind}`, async () => {
    const explained = await explainIn(bucketWith('pre'), ...place);
    assert.equal(explained.kind, kind);
    assert.match('says' in explained ? explained.says : '', says);
  });
}

const pasted: [what: string, ...place: string[]][] = [
  ['the link of an old bucket', elsewhere],
  [
    'a file of the run in gcsweb',
    `https://gcs.ci.openshift.org/gcs/${publicBucket}/logs/${job}/${buildId}/artifacts/a/b.txt`,
  ],
  ["Slack's form of it", `<${url}|the failed run>`],
  ['the path alone', `logs/${job}/${buildId}/`],
  ['a ProwJob with its address', 'https://prow.ci.openshift.org/prowjob?prowjob=pending'],
  ['a ProwJob with its build id', 'https://evil.test/prowjob?prowjob=bare'],
];
for (const [what, ...place] of pasted) {
  test(`what people paste leads to the run: ${what}`, async () => {
    const explained = await explainIn(bucketWith('pre'), ...place);
    assert.equal(explained.kind, 'explained');
    assert.equal(explained.explanation.run.url, url);
  });
}

test('the run of an address is found in another of the buckets', async () => {
  const bucket = new MemoryBucket();
  bucket.buckets = ['first', publicBucket];
  bucket.putRun({ jobName: job, prowJobId: 'run-1', buildId, outcome: 'pre', bucket: 'first' });
  const explained = await explainIn(bucket, url);
  assert.equal(explained.kind, 'explained');
  assert.equal(explained.explanation.run.url, url.replace(publicBucket, 'first'));
});

const closed: [buckets: string[], closed: string[], says: RegExp][] = [
  [[publicBucket], [publicBucket], /^Access denied: bucket test-platform-results-public is not public\.$/],
  [
    ['a', 'b'],
    ['a', 'b'],
    /^Access denied: buckets a, b are not public\. The address names bucket test-\S+, which is not configured/,
  ],
  [
    [publicBucket, 'a'],
    ['a'],
    /^The bucket test-platform-results-public has no run \d+ of \S+\. Access denied: bucket a is not public\.$/,
  ],
];
for (const [buckets, refusing, says] of closed) {
  test(`a run is not found in ${buckets.join(', ')}, of which ${refusing.join(', ')} deny access`, async () => {
    const bucket = new MemoryBucket();
    bucket.buckets = buckets;
    for (const each of refusing) bucket.closed.add(each);
    const explained = await explainIn(bucket, url);
    assert.equal(explained.kind, 'denied');
    assert.match('says' in explained ? explained.says : '', says);
  });
}

test('a bucket that is away may tell another time', async () => {
  const bucket = bucketWith('pre');
  bucket.fail('finished.json');
  const explained = await explainIn(bucket, url);
  assert.equal(explained.kind, 'unavailable');
  assert.match(
    'says' in explained ? explained.says : '',
    /^Whether the run has ended could not be read: .+503/,
  );
});

test('what manages a run and its known failures are shown, and the rule that came nearest', async () => {
  const bucket = new MemoryBucket();
  const labels = { 'release.openshift.io/verify': 'true' };
  bucket.putRun({ jobName: job, prowJobId: 'run-1', buildId, labels, outcome: 'pre' });
  bucket.putLabel({ jobName: job, buildId }, 'InfraFailure', 'a node was lost');
  const explained = await explainIn(bucket, url);
  assert.equal(explained.kind, 'explained');
  const { explanation } = explained;
  assert.equal(explanation.judgement.decision.reason, 'managed-elsewhere');
  assert.equal(explanation.nearest, 'again');
  const lines = describeExplanation(explanation);
  assert.ok(lines.includes('labels     InfraFailure (a node was lost)'), lines.join('\n'));
  assert.ok(lines.includes('managed by release-controller (label release.openshift.io/verify)'));
});

test('labels that are not there, or cannot be listed, are none and are not waited for', async () => {
  const bucket = bucketWith('pre');
  const ask = async () => {
    const explained = await explainIn(bucket, url);
    assert.equal(explained.kind, 'explained');
    const { knownFailures, gaps } = explained.explanation.run.evidence;
    return [knownFailures, gaps.map(formatGap)];
  };
  assert.deepEqual(await ask(), [[], []]);
  bucket.fail('/artifacts/job_labels/');
  assert.deepEqual(await ask(), [[], ['The labels of known failures could not be listed: HTTP 503']]);
});
