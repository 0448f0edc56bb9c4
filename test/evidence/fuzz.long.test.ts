import { describeReasons } from '../../src/report/reasons.ts';
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import { formatGap } from '../../src/evidence/gap.ts';
import { gatherEvidence, type GatheredEvidence } from '../../src/evidence/gather-evidence.ts';
import { phases } from '../../src/evidence/phase.ts';
import { readLineage } from '../../src/trigger/lineage.ts';
import { jobStatuses } from '../../src/job/status.ts';
import { jobTypes } from '../../src/job/type.ts';
import { judge, ruleSet } from '../rules/matchers/failed-run.ts';
import { createByteSource } from './byte-source.ts';
import { type Artifact, artifacts, hostileContents } from './hostile-artifacts.ts';

const folder = 'bucket/logs/job/17';
const seed = Number(process.env['SEED'] ?? 1);

const good: Record<Artifact, string> = {
  finished: '{"timestamp":1781269000,"passed":false,"result":"FAILURE","revision":"main"}',
  prowJob: JSON.stringify({
    metadata: {
      name: 'run-1',
      labels: { 'retrigger/attempt': '1' },
      annotations: { 'retrigger/root': 'run-0' },
    },
    spec: {
      type: 'presubmit',
      job: 'job',
      refs: {
        org: 'o',
        repo: 'r',
        base_ref: 'b',
        base_sha: 's',
        pulls: [{ number: 7, sha: 'c', title: 'ü' }],
      },
    },
    status: {
      state: 'failure',
      startTime: '2026-06-12T13:00:00Z',
      build_id: '17',
      url: 'https://prow/view/x',
    },
  }),
  started: '{"timestamp":1781268000}',
  operator: `<?xml version="1.0"?><testsuites><testsuite name="step graph" tests="2"><testcase name="Import the release payload &#34;latest&#34; from an external source"/><testcase name="Run multi-stage test pre phase"><failure message="it &lt;broke&gt;"><![CDATA["e2e" pod "e2e-ipi-install" failed: \u001B[31mno such host ü🙂\n---\nx]]></failure></testcase></testsuite></testsuites>`,
  job: '<testsuite name="job"><testcase name="initialize"><failure>could not resolve inputs</failure></testcase></testsuite>',
  log: `\u001B[36mINFO\u001B[0m[2026-06-12T13:01:21Z] Running multi-stage test e2e\nINFO[2026-06-12T13:01:21Z] Step e2e-ipi-install failed after 9m20s.\nINFO[2026-06-12T13:01:21Z] Step phase pre failed after 9m20s.\ntime="2026-06-12T13:01:21Z" level=info msg="Reporting job state 'failed' with reason 'executing_graph:step_failed:executing_multi_stage_test'"\n`,
};

/** Asks for all that evidence may be asked for. */
const { rules } = ruleSet({
  rules: [
    {
      name: 'all',
      match: {
        job: ['periodic-*'],
        phase: ['pre', 'infra'],
        step: ['ipi-*'],
        reason: ['*:acquiring_lease*'],
        message: '(?i)quota exceeded',
        log: 'no such host',
      },
      unless: { message: 'invalid (pull )?secret' },
      history: { max_consecutive_failures: 3, same_failure: 'stop', window: '14d' },
      retry: { attempts: 1, delay: '30m' },
    },
    { name: 'any', match: { status: ['FAILURE', 'ERROR', 'ABORTED'] }, retry: { attempts: 1, delay: '30m' } },
  ],
});

async function gather(contents: Partial<Record<Artifact, string | Uint8Array>>): Promise<GatheredEvidence> {
  const objects = Object.entries(contents).map(([name, content]) => [
    `${folder}/${artifacts[name as Artifact]}`,
    typeof content === 'string' ? Buffer.from(content) : content,
  ]);
  return gatherEvidence(createByteSource(Object.fromEntries(objects)), folder);
}

/** Fails where evidence is not what its type says, knows no bound, or can't be judged. */
function holdSound(evidence: GatheredEvidence): void {
  const { status, type, phase, steps, reason, messages, logTail, signature } = evidence;
  const gaps = evidence.gaps.map(formatGap);
  assert.ok([...jobStatuses, 'UNKNOWN'].includes(status), status);
  assert.ok(type === null || jobTypes.includes(type));
  assert.ok(phase === null || phases.includes(phase));
  assert.ok(steps.length <= 50 && steps.every((step) => step.length <= 253), `${steps.length} steps`);
  assert.ok(messages.length <= 20 && messages.every((text) => text.length <= 4_096));
  assert.ok((reason ?? '').length <= 1_000 && (logTail ?? '').length <= 65_536);
  assert.ok(signature === null || /^[0-9a-f]{16}$/.test(signature));
  assert.ok(gaps.length <= 20 && gaps.every((gap) => gap.length <= 300));
  for (const time of [evidence.startedAt, evidence.finishedAt]) {
    if (time !== null) assert.doesNotThrow(() => new Date(time).toISOString());
  }
  for (const texts of [evidence.labels, evidence.annotations]) {
    assert.ok(Object.values(texts).every((text) => typeof text === 'string'));
  }
  const told = [...steps, ...messages, reason ?? '', logTail ?? '', ...gaps];
  assert.ok(told.every((text) => text.isWellFormed() && !/[^\P{Cc}\n\t]|\uFFFD/u.test(text)));
  assert.equal(Object.getPrototypeOf({}), Object.prototype);
  readLineage(evidence);
  const { decision } = judge({ jobName: 'periodic-ci-a', attempt: 0, managedBy: null, evidence }, rules);
  assert.ok(
    decision.reason.length > 0 && describeReasons(decision.because).every((fact) => fact.isWellFormed()),
  );
}

async function holdFor<T>(
  arbitrary: fc.Arbitrary<T>,
  toContents: (value: T) => Parameters<typeof gather>[0],
  numRuns: number,
) {
  const property = fc.asyncProperty(arbitrary, async (value) => holdSound(await gather(toContents(value))));
  await fc.assert(property, { seed, numRuns });
}

const names = Object.keys(artifacts) as Artifact[];
const someBytes = fc.uint8Array({ maxLength: 400 });
const telling = fc.constantFrom(
  'Run multi-stage test pre phase',
  'Run multi-stage test e2e',
  'Run test unit',
  'Build image a from the repository',

  'could not run steps: step e2e failed: ',
  '"e2e" pre steps failed: ',
  '"e2e" pod "e2e-a" failed',
  'acquire lease',
  '\n---\n',
  '\u001B[31m',
  '&#x1b;[0m',
  ']]>',
  '<failure>',
  '</failure>',
  '<testcase name="',
  '"/>',
  '\0',
  '\uD800',
  '\uFFFD',
);
const text = fc
  .array(fc.oneof(telling, fc.string({ unit: 'binary' }), fc.string()))
  .map((parts) => parts.join(''));

describe('whatever the artifacts hold, evidence is sound and can be judged', () => {
  test('a good run', async () => {
    const evidence = await gather(good);
    holdSound(evidence);
    assert.deepEqual([evidence.phase, evidence.steps, evidence.gaps], ['pre', ['ipi-install'], []]);
  });

  for (const name of names) {
    test(`${artifacts[name]} cut at any byte`, async () => {
      const bytes = Buffer.from(good[name]);
      for (let length = 0; length <= bytes.length; length += 1) {
        holdSound(await gather({ ...good, [name]: bytes.subarray(0, length) }));
      }
    });

    test(`${artifacts[name]} with bytes changed, put in and left out`, async () => {
      const edits = fc.array(fc.tuple(fc.nat(), fc.nat(3), someBytes), { minLength: 1, maxLength: 4 });
      const edit = (changes: [number, number, Uint8Array][]) =>
        changes.reduce((bytes, [where, gone, put]) => {
          const at = where % (bytes.length + 1);
          return Buffer.concat([bytes.subarray(0, at), put, bytes.subarray(at + gone)]);
        }, Buffer.from(good[name]));
      await holdFor(edits, (changes) => ({ ...good, [name]: edit(changes) }), 150);
    });
  }

  test('bytes of any kind in the place of all of them', async () => {
    const all = fc.record(Object.fromEntries(names.map((name) => [name, someBytes])), { requiredKeys: [] });
    await holdFor(all, (contents) => contents, 300);
  });

  test('JSON of any shape, with the keys that are read', async () => {
    const { leaf } = fc.letrec((tie) => ({
      leaf: fc.oneof({ depthSize: 'small' }, fc.jsonValue(), text, fc.constant(1e300), tie('tree')),
      tree: fc.dictionary(
        fc.constantFrom(
          'metadata',
          'spec',
          'status',
          'labels',
          'annotations',
          'refs',
          'pulls',
          'number',
          'sha',
          'org',
          '__proto__',
          'constructor',
          'toString',
          'timestamp',
          'result',
          'passed',
          'state',
          'startTime',
          'completionTime',
          'type',
          'name',
        ),
        tie('leaf'),
        { maxKeys: 6 },
      ),
    }));
    const keys = { finished: leaf, prowJob: leaf, started: leaf };
    await holdFor(
      fc.record(keys),
      (values) => {
        const written = Object.entries(values).map(([name, value]) => [name, JSON.stringify(value) ?? '']);
        return { ...good, ...Object.fromEntries(written) };
      },
      400,
    );
  });

  test('JUnit and logs of any text, made of what is looked for', async () => {
    const trees = fc.array(fc.record({ name: text, message: text, body: text }), { maxLength: 8 });
    await holdFor(
      fc.tuple(trees, text, fc.boolean()),
      ([cases, log, escaped]) => {
        const write = (part: string) =>
          escaped ? part.replace(/[<&"]/g, (letter) => `&#${letter.charCodeAt(0)};`) : part;
        const xml = cases.map(
          ({ name, message, body }) =>
            `<testcase name="${write(name)}"><failure message="${write(message)}">${write(body)}</failure></testcase>`,
        );
        return { ...good, operator: `<testsuites><testsuite>${xml.join('')}</testsuite></testsuites>`, log };
      },
      400,
    );
  });
});

describe('hostile documents give sound evidence', () => {
  for (const [what, [name, make]] of Object.entries(hostileContents)) {
    test(what, async () => holdSound(await gather({ ...good, [name]: make(100_000) })));
  }
});
