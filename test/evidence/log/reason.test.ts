import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Phase } from '../../../src/evidence/phase.ts';
import { classifyReason, pickReason } from '../../../src/evidence/log/log-error.ts';

const cases: [string, Phase | null][] = [
  ['executing_graph:step_failed:cloning_source', 'build'],
  ['executing_graph:step_failed:building_image_from_source', 'build'],
  ['executing_graph:step_failed:building_project_image:pod_pending', 'build'],
  ['building_graph', 'infra'],
  ['executing_graph:step_failed:importing_release:running_pod:pod_pending', 'import'],
  ['resolving_inputs:resolving_release', 'import'],
  ['executing_graph:step_failed:tagging_input_image', 'import'],
  ['executing_graph:step_failed:utilizing_lease:acquiring_lease', 'lease'],
  ['executing_graph:step_failed:utilizing_ip_pool:acquiring_ip_pool_lease', 'lease'],
  ['executing_graph:step_failed:utilizing_cluster_claim:acquiring_cluster_claim', 'claim'],
  ['executing_graph:step_failed:utilizing_lease:releasing_lease', null],
  ['executing_graph:step_failed:utilizing_lease', null],
  [
    'executing_graph:step_failed:utilizing_lease:executing_test:utilizing_ip_pool:executing_test:executing_multi_stage_test:pod_pending',
    null,
  ],
  ['initializing_namespace', 'infra'],
  ['loading_config', 'infra'],
  ['config_resolver_literal', 'infra'],
  ['executing_graph:interrupted', null],
  ['unknown', null],
];

for (const [reason, phase] of cases)
  test(`reason ${reason}`, () => assert.equal(classifyReason(reason), phase));

test('of several reasons, the one that goes with the phase', () => {
  const release = 'executing_graph:step_failed:utilizing_lease:releasing_lease';
  const testing = 'executing_graph:step_failed:executing_multi_stage_test';
  const build = 'executing_graph:step_failed:cloning_source';
  assert.equal(pickReason([release, testing, build], 'build'), build);
  assert.equal(pickReason([release, testing], 'pre'), testing);
  assert.equal(pickReason([release], 'pre'), release);
  assert.equal(pickReason([release, build], null), release);
  assert.equal(pickReason([], 'pre'), null);
});
