import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findManager, type Manager } from '../../src/job/managed-by.ts';

interface Marks {
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  prowJobId?: string;
}

function find({ labels = {}, annotations = {}, prowJobId = 'uuid' }: Marks): ReturnType<typeof findManager> {
  return findManager({ labels, annotations, prowJobId });
}

const tag = '4.21.0-0.nightly-2026-09-15-010101';
const aggregation = { 'release.openshift.io/aggregation-id': 'x' };
const payload = { 'pullrequestpayloadqualificationruns.ci.openshift.io': 'x' };
const verify = { 'release.openshift.io/verify': 'true' };

const rows: [what: string, marks: Marks, by: Manager | null, mark?: string][] = [
  ['nothing', {}, null],
  ['labels of any job', { labels: { 'prow.k8s.io/type': 'periodic', 'retrigger/root': 'x' } }, null],
  ["Prow's retry", { labels: { ...verify, 'prow.k8s.io/re-run': '1' } }, 'prow', 'label prow.k8s.io/re-run'],
  [
    'an aggregated run of a payload test',
    { labels: { ...payload, ...aggregation } },
    'aggregation',
    'label release.openshift.io/aggregation-id',
  ],
  [
    'an analysis run of the release controller',
    { labels: { 'release.openshift.io/payload': tag, 'release.openshift.io/analysis': tag } },
    'aggregation',
    'label release.openshift.io/analysis',
  ],
  [
    'a payload test',
    { labels: { ...payload, ...verify } },
    'payload-test',
    'label pullrequestpayloadqualificationruns.ci.openshift.io',
  ],
  [
    'a payload test by the hash',
    { labels: { releaseJobNameHash: 'f00' } },
    'payload-test',
    'label releaseJobNameHash',
  ],
  [
    'a payload test by the annotation',
    { annotations: { releaseJobName: 'periodic-ci-a' } },
    'payload-test',
    'annotation releaseJobName',
  ],
  ['a release verification', { labels: verify }, 'release-controller', 'label release.openshift.io/verify'],
  ['a verification that is none', { labels: { 'release.openshift.io/verify': 'false' } }, null],
  ['the same words as annotation', { annotations: verify }, null],
  [
    'a run for a payload',
    { labels: { 'release.openshift.io/payload': tag } },
    'release-controller',
    'label release.openshift.io/payload',
  ],
  ["cluster-bot's run", { prowJobId: 'chat-bot-2022-05-16-103338.9814' }, 'cluster-bot', 'name chat-bot-…'],
  ['a name that holds the same words', { prowJobId: 'e2e-chat-bot-1' }, null],
  [
    "cluster-bot's run by its label",
    { labels: { 'ci-chat-bot.openshift.io/launch': 'true' } },
    'cluster-bot',
    'label ci-chat-bot.openshift.io/launch',
  ],
  [
    'an ephemeral cluster',
    { labels: { 'ci.openshift.io/ephemeral-cluster': 'x' } },
    'ephemeral-cluster',
    'label ci.openshift.io/ephemeral-cluster',
  ],
  [
    'our attempt of a managed run',
    { labels: { 'retrigger/root': 'x' }, annotations: { 'retrigger/managed-by': 'aggregation' } },
    'aggregation',
    'annotation retrigger/managed-by',
  ],
  ['our annotation with a word of no manager', { annotations: { 'retrigger/managed-by': 'nobody' } }, null],
];

for (const [what, marks, by, mark] of rows) {
  test(`${what}: ${by ?? 'managed by nothing'}`, () =>
    assert.deepEqual(find(marks), by === null ? null : { by, mark }));
}

test('a ProwJob without a name is judged by the rest', () => {
  assert.equal(findManager({ labels: {}, annotations: {}, prowJobId: null }), null);
});

test('a property that every object has is not a mark', () => {
  const bare = JSON.parse('{"__proto__": "x", "constructor": "y"}') as Record<string, string>;
  assert.equal(find({ labels: bare, annotations: bare }), null);
});
