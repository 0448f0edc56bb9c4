import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Found } from '../../../src/evidence/artifacts/artifact-source.ts';
import { readKnownFailures } from '../../../src/evidence/artifacts/known-failures.ts';
import { formatGap } from '../../../src/evidence/gap.ts';
import { createMemorySource } from '../memory-source.ts';

const folder = 'logs/job/17';
const place = `${folder}/artifacts/job_labels`;

function labelFile(id: unknown, summary?: unknown, more: object = {}): string {
  const label = { id, label_title: 'A title', explanation: 'An explanation', ...more };
  return JSON.stringify({
    symptom_label_v1: { symptom: { id: 's', summary, label_ids: [id] }, label, text_match: 'a line' },
  });
}

async function readFrom(objects: Record<string, string | Found<never>>): Promise<[unknown, string[]]> {
  const { value, gaps, retryable } = await readKnownFailures(createMemorySource(objects), folder);
  assert.equal(retryable, false);
  return [value, gaps.map(formatGap)];
}

function put(files: Record<string, string | Found<never>>): Record<string, string | Found<never>> {
  return Object.fromEntries(Object.entries(files).map(([name, text]) => [`${place}/${name}`, text]));
}

const unavailable = { kind: 'unavailable', why: 'HTTP 503' } as const;

test('reads each label once, in order, with what its symptom says', async () => {
  const files = put({
    'Slow-build-log.txt-1.json': labelFile('Slow', 'the build was slow'),
    'InfraFailure-a-1.json': labelFile('InfraFailure', '', { label_title: '', explanation: '' }),
    'InfraFailure-b-2.json': labelFile('InfraFailure', 'a node was lost\nand more'),
    'label-summary.html': '<html>',
    'deeper/x.json': labelFile('Deep'),
  });
  assert.deepEqual(await readFrom(files), [
    [
      { label: 'InfraFailure', summary: 'a node was lost' },
      { label: 'Slow', summary: 'the build was slow' },
    ],
    [],
  ]);
});

const summaries: [what: string, text: string, summary: string][] = [
  ['the symptom', labelFile('A', 'it broke'), 'it broke'],
  ['the title where there is no symptom', '{"symptom_label_v1":{"label":{"id":"A","label_title":"T"}}}', 'T'],
  ['the explanation where there is no title', labelFile('A', 7, { label_title: null }), 'An explanation'],
  ['nothing where there is none', '{"symptom_label_v1":{"label":{"id":"A"}}}', ''],
];

for (const [what, text, summary] of summaries) {
  test(`says of a label what ${what} says`, async () =>
    assert.deepEqual(await readFrom(put({ 'a.json': text })), [[{ label: 'A', summary }], []]));
}

const noLabels: [what: string, text: string][] = [
  ['a page of HTML', '<!doctype html>'],
  ['an array', '[]'],
  ['another version', '{"symptom_label_v2":{"label":{"id":"A"}}}'],
  ['a label without an id', labelFile('')],
  ['an id that is no text', labelFile(7)],
  ['a label that is null', '{"symptom_label_v1":null}'],
];

for (const [what, text] of noLabels) {
  test(`${what} is no label, and a gap`, async () =>
    assert.deepEqual(await readFrom(put({ 'a.json': text })), [
      null,
      ['artifacts/job_labels/a.json is unreadable'],
    ]));
}

test('an empty folder is no gap, because labels come late', async () => {
  assert.deepEqual(await readFrom({}), [null, []]);
  assert.deepEqual(await readFrom({ [`${place}/`]: { kind: 'absent' } }), [null, []]);
  assert.deepEqual(await readFrom(put({ 'label-summary.html': '<html>' })), [null, []]);
});

test('a list that cannot be read is a gap', async () => {
  assert.deepEqual(await readFrom({ [`${place}/`]: unavailable }), [
    null,
    ['The labels of known failures could not be listed: HTTP 503'],
  ]);
});

test('files that cannot be read are one gap, and the others count', async () => {
  const files = put({ 'a.json': unavailable, 'b.json': labelFile('B', 'it broke'), 'c.json': '{' });
  assert.deepEqual(await readFrom(files), [
    [{ label: 'B', summary: 'it broke' }],
    ['artifacts/job_labels/a.json could not be read: HTTP 503 (and 1 more files of artifacts/job_labels)'],
  ]);
});

test('reads 20 files at most, one of each label first', async () => {
  const many = Object.fromEntries(
    Array.from({ length: 40 }, (_, index) => [`Aaa-${index}.json`, labelFile('Aaa', `symptom ${index}`)]),
  );
  const source = createMemorySource(put({ ...many, 'Zzz-1.json': labelFile('Zzz', 'last') }));
  const { value } = await readKnownFailures(source, folder);
  assert.deepEqual(
    value?.map(({ label }) => label),
    ['Aaa', 'Zzz'],
  );
  assert.equal(source.asked.length, 1 + 20);
});

test('bounds and cleans what strangers may have written', async () => {
  const text = labelFile(
    `\u001B[31mInfra Failure${'x'.repeat(500)}`,
    `\u001B[1mtoken=abcdefghijkl ${'y'.repeat(900)}`,
  );
  const { value } = await readKnownFailures(createMemorySource(put({ 'a.json': text })), folder);
  const [known] = value ?? [];
  assert.match(known?.label ?? '', /^InfraFailurex+$/);
  assert.equal(known?.label.length, 100);
  assert.ok((known?.summary.length ?? 999) <= 200);
  assert.match(known?.summary ?? '', /^token=<secret> y/);
});
