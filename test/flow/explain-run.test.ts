import assert from 'node:assert/strict';
import { test } from 'node:test';
import { explainRun } from '../../src/flow/explain-run.ts';
import { describeExplanation, describeUnended } from '../../src/report/describe-explanation.ts';
import { parseRules } from '../../src/rules/parse-rules.ts';
import { VirtualClock } from '../clock/virtual-clock.ts';
import { job, twoAttempts } from './flow-world.ts';
import { MemoryBucket, type RunOutcome } from './memory-bucket.ts';

const buildId = '1930000000000000001';
const url = `https://prow.ci.openshift.org/view/gs/test-platform-results/logs/${job}/${buildId}`;

function explainIn(bucket: MemoryBucket, ...place: string[]) {
  const parsed = parseRules([{ path: 'rules.yaml', text: twoAttempts }]);
  if (parsed.kind === 'bad') throw new Error(parsed.problems.join('\n'));
  const settings = { bucket: 'test-platform-results', prowUrl: 'https://prow.ci.openshift.org' };
  return explainRun(
    { source: bucket, clock: new VirtualClock(), rules: () => parsed.rules, settings },
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
  const path = `logs/${job}/${buildId}/artifacts/junit_operator.xml`;
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
    const path = `logs/${job}/${buildId}/finished.json`;
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
  bucket.setProwJob(`logs/${job}/${buildId}`, status);
  const explained = await explainIn(bucket, url);
  assert.equal(explained.kind, 'explained');
  const lines = describeExplanation(explained.explanation);
  assert.ok(lines.includes('prow       Pod scheduling timeout.'), lines.join('\n'));
  assert.ok(lines.includes('  Prow: "Pod scheduling timeout."'), lines.join('\n'));
});

const elsewhere = url.replace('test-platform-results', 'another');
const none: [what: string, place: string[], kind: string, says: RegExp][] = [
  ['a run that is not there', [job, '1930000000000000009'], 'absent', /has no run 1930000000000000009 of/],
  ['an address in another bucket', [elsewhere], 'malformed', /set RETRIGGER_GCS_BUCKET=another\.$/],
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
    return [knownFailures, gaps];
  };
  assert.deepEqual(await ask(), [[], []]);
  bucket.fail('/artifacts/job_labels/');
  assert.deepEqual(await ask(), [[], ['The labels of known failures could not be listed: HTTP 503']]);
});
