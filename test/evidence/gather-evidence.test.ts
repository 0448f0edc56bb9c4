import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { ArtifactSource, Found } from '../../src/evidence/artifacts/artifact-source.ts';
import { formatGap } from '../../src/evidence/gap.ts';
import { gatherEvidence } from '../../src/evidence/gather-evidence.ts';
import { createMemorySource } from './memory-source.ts';

const folder = 'bucket/logs/job/17';
const preText =
  '"e2e" pod "e2e-install" failed: could not watch pod: the pod ci-op-abcdefgh/e2e-install failed after 9m20s';

const files: Record<string, string> = {
  'finished.json': '{"timestamp": 200, "result": "FAILURE"}',
  'started.json': '{"timestamp": 100}',
  'prowjob.json': JSON.stringify({
    metadata: { name: 'uuid', labels: { 'retrigger/attempt': '1' }, annotations: { a: 'b' } },
    spec: {
      type: 'periodic',
      job: 'periodic-ci-a',
      pod_spec: { containers: [{ env: [{ name: 'RELEASE_IMAGE_LATEST', value: 'payload' }] }] },
    },
    status: { state: 'pending' },
  }),
  'artifacts/junit_operator.xml': `<testsuites><testsuite name="step graph">
    <testcase name="Run multi-stage test e2e - e2e-install container test"><failure>&#x1b;[31mno such host</failure></testcase>
    <testcase name="Run multi-stage test pre phase"><failure message="">${preText.replaceAll('"', '&#34;')}</failure></testcase>
    </testsuite></testsuites>`,
  'build-log.txt':
    "INFO[2026-06-12T13:01:21Z] Reporting job state 'failed' with reason 'executing_graph:step_failed:executing_multi_stage_test'\n",
};

async function gather(changes: Record<string, string | Found<never>> = {}) {
  const objects = Object.entries({ ...files, ...changes }).map(([name, object]) => [
    `${folder}/${name}`,
    object,
  ]);
  return gatherIn(createMemorySource(Object.fromEntries(objects)));
}

/** The gaps in words. */
async function gatherIn(source: ArtifactSource) {
  const { gaps, ...evidence } = await gatherEvidence(source, folder);
  return { ...evidence, gaps: gaps.map(formatGap) };
}

const absent: Found<never> = { kind: 'absent' };
const down: Found<never> = { kind: 'unavailable', why: 'HTTP 503' };

test('a run that failed in its pre phase', async () => {
  const { signature, ...evidence } = await gather();
  assert.match(signature ?? '', /^[0-9a-f]{16}$/);
  assert.deepEqual(evidence, {
    status: 'FAILURE',
    description: null,
    startedAt: 100_000,
    finishedAt: 200_000,
    type: 'periodic',
    refs: null,
    labels: { 'retrigger/attempt': '1' },
    annotations: { a: 'b' },
    overrides: { envs: { RELEASE_IMAGE_LATEST: 'payload' }, notCarried: [] },
    prowJobId: 'uuid',
    jobName: 'periodic-ci-a',
    phase: 'pre',
    steps: ['install'],
    reason: 'executing_graph:step_failed:executing_multi_stage_test',
    messages: [preText, 'no such host'],
    logTail: files['build-log.txt'],
    knownFailures: null,
    gaps: [],
    retryable: false,
    settled: false,
  });
});

test('a signature does not depend on the run', async () => {
  const text =
    files['artifacts/junit_operator.xml']?.replace('abcdefgh', 'l1tbw7p8').replace('9m20s', '1h3s') ?? '';
  const { signature } = await gather({ 'artifacts/junit_operator.xml': text });
  assert.equal(signature, (await gather()).signature);
});

test('nothing is there', async () => {
  const evidence = await gatherIn(createMemorySource({}));
  assert.deepEqual(evidence.gaps, [
    'finished.json is not there',
    'prowjob.json is not there',
    'started.json is not there',
    'artifacts/junit_operator.xml is not there',
    'artifacts/junit_job.xml is not there',
    'build-log.txt is not there',
  ]);
  assert.deepEqual(
    [evidence.status, evidence.phase, evidence.signature, evidence.retryable],
    ['UNKNOWN', null, null, false],
  );
});

test('pages of HTML in the place of every artifact', async () => {
  const page = '<!doctype html>\n<html><head><title>GCS browser</title></head></html>';
  const names = [...Object.keys(files), 'artifacts/junit_job.xml'];
  const evidence = await gather(Object.fromEntries(names.map((name) => [name, page])));
  assert.deepEqual(evidence.gaps, [
    'finished.json is unreadable',
    'prowjob.json is unreadable',
    'started.json is unreadable',
    'artifacts/junit_operator.xml is not a JUnit file',
    'artifacts/junit_job.xml is not a JUnit file',
    'build-log.txt is a page of HTML',
  ]);
  assert.equal(evidence.logTail, null);
  assert.equal(evidence.retryable, false);
});

describe("what can't be read now", () => {
  for (const name of Object.keys(files)) {
    test(`${name} is a gap that another look may fill`, async () => {
      const evidence = await gather({ [name]: down });
      assert.ok(evidence.gaps.includes(`${name} could not be read: HTTP 503`));
      assert.equal(evidence.retryable, true);
    });
  }
});

test('a stream that breaks is a gap that another look may fill', async () => {
  async function* breakOff() {
    yield new TextEncoder().encode(
      '<testsuite><testcase name="Run multi-stage test pre phase"><failure>broke',
    );
    throw new Error('connection reset');
  }
  const source = createMemorySource({});
  const broken = { ...source, stream: async () => ({ kind: 'found' as const, value: breakOff() }) };
  const evidence = await gatherIn(broken);
  assert.deepEqual([evidence.phase, evidence.messages, evidence.retryable], ['pre', ['broke'], true]);
  assert.ok(
    evidence.gaps.includes('artifacts/junit_operator.xml could not be read to its end: connection reset'),
  );
});

describe('junit_job.xml beside junit_operator.xml', () => {
  const promotion = 'could not run promotion step [promotion]: unable to run promotion pod: 504';
  const job = `<testsuite name="job"><testcase name="initialize"><failure>${promotion}</failure></testcase></testsuite>`;
  const passed =
    '<testsuites><testsuite name="step graph"><testcase name="Build image cli from the repository"/></testsuite></testsuites>';

  test('says what failed after a graph that passed, and its text comes first', async () => {
    const evidence = await gather({
      'artifacts/junit_operator.xml': passed,
      'artifacts/junit_job.xml': job,
    });
    assert.deepEqual([evidence.phase, evidence.steps, evidence.messages], ['infra', [], [promotion]]);
    assert.deepEqual([evidence.gaps, evidence.retryable], [[], false]);
  });

  test('does not change the phase that the graph shows', async () => {
    const evidence = await gather({ 'artifacts/junit_job.xml': job });
    assert.deepEqual([evidence.phase, evidence.messages], ['pre', [preText, 'no such host', promotion]]);
  });

  test('is no gap when it is missing', async () => {
    assert.deepEqual((await gather({ 'artifacts/junit_operator.xml': passed })).gaps, []);
  });

  test('is worth another look only while the graph shows nothing', async () => {
    const failed = await gather({ 'artifacts/junit_job.xml': down });
    assert.deepEqual([failed.gaps, failed.retryable], [[], false]);
    const clean = await gather({ 'artifacts/junit_operator.xml': passed, 'artifacts/junit_job.xml': down });
    const gap = 'artifacts/junit_job.xml could not be read: HTTP 503';
    assert.deepEqual([clean.gaps, clean.retryable], [[gap], true]);
  });

  test('repeats an error of the graph, which is read as one', async () => {
    const failure =
      'could not run steps: step e2e failed: "e2e" pre steps failed: "e2e" pod "e2e-install" failed: x';
    const evidence = await gather({
      'artifacts/junit_operator.xml': absent,
      'artifacts/junit_job.xml': job.replace(promotion, failure.replaceAll('"', '&#34;')),
    });
    assert.deepEqual([evidence.phase, evidence.steps], ['pre', ['install']]);
  });
});

test('a byte order mark in front of an artifact is skipped', async () => {
  const marked = Object.entries(files).map(([name, text]) => [name, `\uFEFF${text}`]);
  const { logTail, ...plain } = await gather();
  const { logTail: markedTail, ...evidence } = await gather(Object.fromEntries(marked));
  assert.deepEqual(evidence, plain);
  assert.equal(markedTail, logTail);
});

describe('when no phase failed', () => {
  const passed =
    '<testsuites><testsuite name="step graph"><testcase name="Run multi-stage test post phase"/></testsuite></testsuites>';
  const log = [
    'INFO[2026-06-12T13:01:21Z] Running multi-stage phase post',
    'INFO[2026-06-12T13:01:21Z] Step phase post succeeded after 12m.',
    'INFO[2026-06-12T13:01:21Z] Releasing leases for test e2e',
    'ERRO[2026-06-12T13:01:21Z] Some steps failed:',
    '  * could not run steps: step e2e failed: status 401 Unauthorized, statusCode 401 releasing aws--slice-3',
    "INFO[2026-06-12T13:01:21Z] Reporting job state 'failed' with reason 'executing_graph:step_failed:utilizing_lease:releasing_lease'",
  ].join('\n');
  for (const [name, junit] of [
    ['and the JUnit file says so', passed],
    ['and there is no JUnit file', absent],
  ] as const) {
    test(`${name}, what could not be given back is a message and no phase`, async () => {
      const evidence = await gather({ 'artifacts/junit_operator.xml': junit, 'build-log.txt': log });
      assert.deepEqual(
        [evidence.phase, evidence.messages, evidence.reason],
        [
          null,
          ['status 401 Unauthorized, statusCode 401 releasing aws--slice-3'],
          'executing_graph:step_failed:utilizing_lease:releasing_lease',
        ],
      );
    });
  }
});

describe('without junit_operator.xml', () => {
  test('junit_job.xml says that the graph was not reached', async () => {
    const evidence = await gather({
      'artifacts/junit_operator.xml': absent,
      'artifacts/junit_job.xml':
        '<testsuite name="job"><testcase name="initialize"><failure>no namespace</failure></testcase></testsuite>',
    });
    assert.deepEqual([evidence.phase, evidence.messages], ['infra', ['no namespace']]);
    assert.deepEqual(evidence.gaps, ['artifacts/junit_operator.xml is not there']);
  });

  test('the log tells, and gives the signature its message', async () => {
    const log =
      '  * could not run steps: step e2e failed: "e2e" pre steps failed: "e2e" pod "e2e-install" failed: x\n';
    const evidence = await gather({ 'artifacts/junit_operator.xml': absent, 'build-log.txt': log });
    assert.deepEqual([evidence.phase, evidence.steps, evidence.messages.length], ['pre', ['install'], 1]);
  });

  test('an error of Prow without a log is infra', async () => {
    const nothing = { 'artifacts/junit_operator.xml': absent, 'build-log.txt': absent };
    assert.equal((await gather({ ...nothing, 'finished.json': '{"result": "error"}' })).phase, 'infra');
    assert.equal((await gather(nothing)).phase, null);
  });
});

test("Prow's state of error wins over the sidecar, and its description is evidence", async () => {
  const prowJob = JSON.stringify({
    metadata: { name: 'uuid' },
    status: { state: 'error', description: 'Pod got deleted unexpectedly' },
  });
  const nothing = { 'artifacts/junit_operator.xml': absent, 'prowjob.json': prowJob };
  const log = 'INFO[2026-06-12T13:01:21Z] ci-operator version v2026\n';
  const lost = await gather({ ...nothing, 'finished.json': '{"result": "ABORTED"}', 'build-log.txt': log });
  assert.deepEqual(
    [lost.status, lost.phase, lost.description, lost.settled],
    ['ERROR', 'infra', 'Pod got deleted unexpectedly', true],
  );
  const pre = await gather({ 'prowjob.json': prowJob });
  assert.deepEqual([pre.status, pre.phase, pre.steps], ['ERROR', 'pre', ['install']]);
  const observer = `<testsuite><testcase name="Run multi-stage test e2e - e2e-watch container test"><failure>x</failure></testcase></testsuite>`;
  const watched = { 'artifacts/junit_operator.xml': observer, 'prowjob.json': prowJob, 'build-log.txt': log };
  assert.equal((await gather(watched)).phase, 'infra');
  const unread = await gather({ ...nothing, 'build-log.txt': down });
  assert.deepEqual([unread.status, unread.phase], ['ERROR', null]);
});

describe("Prow's own clone", () => {
  const bare = {
    'artifacts/junit_operator.xml': absent,
    'build-log.txt': '# Cloning a/b at main\n# Error: exit status 1\n',
  };
  const failed = JSON.stringify([
    {
      refs: { org: 'a', repo: 'b' },
      commands: [{ command: 'git fetch', output: 'fatal: no such ref', error: 'exit status 128' }],
      failed: true,
    },
  ]);

  test('failed: build, with what git said', async () => {
    const { phase, messages, gaps } = await gather({ ...bare, 'clone-records.json': failed });
    assert.deepEqual(
      [phase, messages],
      ['build', ['Prow could not clone the source (a/b): fatal: no such ref']],
    );
    assert.deepEqual(gaps, [
      'artifacts/junit_operator.xml is not there',
      'artifacts/junit_job.xml is not there',
    ]);
  });

  test('succeeded, is not there, or is broken: nothing is known, and it is no gap', async () => {
    for (const records of ['[{"failed": false}]', absent, '<html></html>']) {
      const { phase, gaps } = await gather({ ...bare, 'clone-records.json': records });
      assert.deepEqual([phase, gaps.length], [null, 2]);
    }
  });

  test('could not be read: another look may help', async () => {
    const { retryable, gaps } = await gather({ ...bare, 'clone-records.json': down });
    assert.equal(retryable, true);
    assert.ok(gaps.includes('clone-records.json could not be read: HTTP 503'));
  });

  test('is not asked for if ci-operator ran, or the run passed', async () => {
    const clone = { 'clone-records.json': failed };
    assert.equal((await gather(clone)).phase, 'pre');
    const log = { ...bare, ...clone, 'build-log.txt': files['build-log.txt'] ?? '' };
    assert.equal((await gather(log)).phase, null);
    const passed = { ...bare, ...clone, 'finished.json': '{"result": "SUCCESS"}' };
    assert.equal((await gather(passed)).phase, null);
  });
});

test("a status that finished.json does not tell is Prow's", async () => {
  const prowJob =
    '{"status": {"state": "failure", "startTime": "1970-01-01T00:00:01Z", "completionTime": "1970-01-01T00:00:02Z"}}';
  const evidence = await gather({ 'finished.json': '{}', 'started.json': absent, 'prowjob.json': prowJob });
  assert.deepEqual([evidence.status, evidence.startedAt, evidence.finishedAt], ['FAILURE', 1_000, 2_000]);
  assert.ok(evidence.gaps.includes('finished.json does not say how the run ended'));
});

test('the signature of a run that Prow lost is made of its words, not of what ran then', async () => {
  async function sign(description: string, step: string) {
    const prowJob = JSON.stringify({ status: { state: 'error', description } });
    const lines = ['Running multi-stage phase test', `Running step e2e-${step}.`];
    const log = lines.map((line) => `INFO[2026-06-12T13:01:21Z] ${line}\n`).join('');
    const lost = { 'prowjob.json': prowJob, 'artifacts/junit_operator.xml': absent, 'build-log.txt': log };
    return (await gather(lost)).signature;
  }
  const deleted = await sign('Pod got deleted unexpectedly', 'run');
  assert.equal(await sign('Pod got deleted unexpectedly', 'conf'), deleted);
  assert.notEqual(await sign('Job pod was OOM killed by the cluster.', 'run'), deleted);
});

test('a success has no signature', async () => {
  assert.equal((await gather({ 'finished.json': '{"result": "SUCCESS"}' })).signature, null);
});

test('messages are bounded in number and length, each once', async () => {
  const cases = Array.from(
    { length: 60 },
    (_, at) => `<testcase name="c${at}"><failure>${'z'.repeat(9_000)}${at % 40}</failure></testcase>`,
  );
  const decisive = `<testcase name="Run multi-stage test pre phase"><failure>${'p'.repeat(9_000)}end</failure></testcase>`;
  const short = '<testcase name="x"><failure>short</failure></testcase>';
  const twenty = Array.from(
    { length: 30 },
    (_, at) => `<testcase name="s"><failure>s${at}</failure></testcase>`,
  );
  const text = `<testsuite>${cases.slice(0, 9).join('')}${short}${short}${twenty.join('')}${decisive}</testsuite>`;
  const { messages } = await gather({ 'artifacts/junit_operator.xml': text });
  assert.equal(messages.length, 20);
  assert.match(messages[0] ?? '', /^p+\n\[…\]\np+end$/);
  assert.ok(messages.every((message) => message.length <= 4_096));
  assert.equal(new Set(messages).size, 20);
});
