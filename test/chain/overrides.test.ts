import type { Reason } from '../../src/chain/decision.ts';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AesSeal } from '../../src/adapters/system/aes-seal.ts';
import { retryChain } from '../../src/chain/actions.ts';
import { keepOverrides, noKeptOverrides, openOverrides, listCarried } from '../../src/chain/overrides.ts';
import { recordEnd } from '../../src/chain/record-end.ts';
import { Secret } from '../../src/secret.ts';
import { closeAs, evidence, following, judged, now, opened } from './chains.ts';

const seal = new AesSeal(new Secret('a key'));
const envs = { RELEASE_IMAGE_LATEST: 'registry.ci/release:4.20', DEPLOY_TOKEN: 'hush' };
const kept = keepOverrides({ envs, notCarried: ['--multi-stage-param FOO'] }, seal);

test('values are sealed, all of them, and come back whole', () => {
  assert.deepEqual(kept.names, Object.keys(envs));
  for (const value of Object.values(envs)) assert.ok(!JSON.stringify(kept).includes(value));
  assert.deepEqual(openOverrides(kept, seal), envs);
  assert.equal(openOverrides(kept, new AesSeal(new Secret('another key'))), null);
});

test('a run without overrides needs no key', () => {
  assert.deepEqual(keepOverrides({ envs: {}, notCarried: [] }, seal), noKeptOverrides);
  assert.deepEqual(openOverrides(noKeptOverrides, new AesSeal(new Secret('any'))), {});
});

test('the account says what goes along and what does not, by name only', () => {
  const cases: [Parameters<typeof listCarried>, Reason[]][] = [
    [[{ names: [], notCarried: [] }, { X: '1' }], []],
    [
      [{ names: ['RELEASE_IMAGE_LATEST'], notCarried: [] }, {}],
      [{ kind: 'carried-over', names: ['RELEASE_IMAGE_LATEST'] }],
    ],
    [[{ names: ['A', 'B'], notCarried: [] }, { A: '1' }], [{ kind: 'carried-over', names: ['B'] }]],
    [
      [{ names: [], notCarried: ['--multi-stage-param FOO'] }, {}],
      [{ kind: 'flags-not-carried', names: ['--multi-stage-param FOO'] }],
    ],
    [
      [{ names: [], notCarried: ['--a X', 'OVERRIDE_IMAGE_A', 'OVERRIDE_IMAGE_B', '--b Y'] }, {}],
      [
        { kind: 'flags-not-carried', names: ['--a X', '--b Y'] },
        { kind: 'values-not-carried', names: ['OVERRIDE_IMAGE_A', 'OVERRIDE_IMAGE_B'] },
      ],
    ],
  ];
  for (const [said, expected] of cases) assert.deepEqual(listCarried(...said), expected);
});

test('the chain keeps those of its first run', () => {
  const end = { evidence, lineage: null, overrides: kept };
  assert.equal(recordEnd(opened, end).overrides, kept);
  assert.equal(
    recordEnd(opened, { ...end, lineage: { root: 'lost-0', attempt: 2 } }).overrides,
    kept,
    'a lost store',
  );
  assert.equal(
    recordEnd({ ...following, overrides: kept }, { ...end, overrides: noKeptOverrides }).overrides,
    kept,
  );
  const unread = { ...end, evidence: { ...evidence, type: null }, overrides: noKeptOverrides };
  assert.equal(
    recordEnd({ ...opened, overrides: kept }, unread).overrides,
    kept,
    'no prowjob.json this time',
  );
});

test('a retry that a person asks for says what goes along, once', () => {
  const ended = { ...closeAs({ ...judged, overrides: kept }, 'skipped', now), reopened: 0 };
  const first = retryChain(ended, true, now);
  assert.ok(first.kind === 'done');
  const asked = { kind: 'asked-for-attempt', by: 'A person' };
  const because = [
    asked,
    { kind: 'carried-over', names: Object.keys(envs) },
    { kind: 'flags-not-carried', names: ['--multi-stage-param FOO'] },
  ];
  assert.deepEqual(first.chain.decision?.because, because);
  const second = retryChain(closeAs(first.chain, 'skipped', now), true, now);
  assert.ok(second.kind === 'done');
  assert.deepEqual(second.chain.decision?.because, [...because, asked]);
});
