import assert from 'node:assert/strict';
import { test } from 'node:test';
import { carriesLineage, markLineage, readLineage } from '../../src/trigger/lineage.ts';

const uuid = 'f4f2a1f0-6f4e-4a3a-9a5b-2f1f0e6d7c8b';
const long = '4.11.0-0.nightly-2022-05-20-153751-aws-serial-1-and-some-more-of-it';

const roots: [string, boolean][] = [
  [uuid, true],
  ['a', true],
  ['chat-bot-2022-05-16-103338.9814', true],
  ['a_b.c-d'.padEnd(63, 'x'), true],
  ['x'.repeat(64), false],
  [long, false],
  ['ends-in-a-dash-', false],
  ['-begins-with-one', false],
  ['has a blank', false],
  ['ümlaut', false],
  ['x'.repeat(253), false],
];
for (const [root, isLabel] of roots) {
  test(`the marks of ${root.slice(0, 40)} (${root.length}) are taken by Kubernetes and read back whole`, () => {
    const marks = markLineage({ root, attempt: 3 });
    const label = marks.labels['retrigger/root'] ?? '';
    assert.match(label, /^[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$/);
    assert.equal(label === root, isLabel);
    assert.deepEqual(
      [marks.labels['retrigger/attempt'], marks.annotations],
      ['3', { 'retrigger/root': root }],
    );
    assert.deepEqual(readLineage(marks), { root, attempt: 3 });
    assert.ok(carriesLineage(marks, { root, attempt: 3 }));
    assert.ok(
      !carriesLineage(marks, { root, attempt: 2 }) && !carriesLineage(marks, { root: 'other', attempt: 3 }),
    );
  });
}

test('where the annotation is lost, the label goes on as the root, and marks the same', () => {
  const { labels } = markLineage({ root: long, attempt: 1 });
  const read = readLineage({ labels, annotations: {} });
  assert.equal(read?.root, labels['retrigger/root']);
  assert.equal(
    markLineage({ root: read?.root ?? '', attempt: 2 }).labels['retrigger/root'],
    labels['retrigger/root'],
  );
});

test('an annotation that says otherwise than the label does not lead astray', () => {
  const { labels } = markLineage({ root: uuid, attempt: 1 });
  for (const forged of ['', 'another', long, `${uuid} `]) {
    assert.deepEqual(readLineage({ labels, annotations: { 'retrigger/root': forged } }), {
      root: uuid,
      attempt: 1,
    });
  }
});

test('a run with a root is a retry, and one whose count is odd is beyond any limit', () => {
  const annotations = { 'retrigger/root': uuid };
  assert.deepEqual(readLineage({ labels: { 'retrigger/attempt': '1' }, annotations }), {
    root: uuid,
    attempt: 1,
  });
  for (const attempt of ['', '0', '-1', '01', '1.5', '1e3', '10000', '١', ' 1', 'one', '1\n']) {
    const labels = { 'retrigger/root': uuid, 'retrigger/attempt': attempt };
    assert.deepEqual(readLineage({ labels, annotations }), { root: uuid, attempt: 9999 }, attempt);
  }
  const uncounted = readLineage({ labels: { 'retrigger/root': uuid }, annotations });
  assert.deepEqual(uncounted, { root: uuid, attempt: 9999 });
  assert.equal(readLineage({ labels: { 'retrigger/attempt': '1' }, annotations: {} }), null);
  assert.equal(readLineage({ labels: {}, annotations: {} }), null);
});
