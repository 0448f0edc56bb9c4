import { phases, type Phase } from '../phase.ts';

// ci-operator's ForReason words (PROW.md, 4). `releasing_lease` and its like are none of these: what they
// release was had, so the run did not begin to fail there. `executing_multi_stage_test` tells no phase.
const words: readonly (readonly [RegExp, Phase])[] = [
  [/^building_graph$/, 'infra'],
  [
    /^(?:cloning_source|building_\w+|generating_index|injecting_rpms|serving_rpms|tagging_output_image|creating_stable_images)$/,
    'build',
  ],
  [/^(?:importing|resolving|reading|creating|assembling|invalid)_release$/, 'import'],
  [/^(?:tagging_input_image|creating_release_images|resolving_cli_override|resolving_inputs)$/, 'import'],
  [/^acquiring_(?:ip_pool_)?lease$/, 'lease'],
  [/^acquiring_cluster_claim$/, 'claim'],
  [/^(?:loading_args|loading_config|validating_config|defaulting_config|config_resolver\w*)$/, 'infra'],
  [/^(?:gsm_client|initializing_namespace|executing_post|promoting_images|writing_parameters)$/, 'infra'],
  [/^(?:creating_service_account|creating_roles|binding_roles|create_dockercfg_secrets)$/, 'infra'],
];

/** The phase that a reason chain tells, the earliest where its words tell several; mostly `null`. */
export function judgeReason(chain: string): Phase | null {
  const told = chain.split(':').map((word) => words.find(([pattern]) => pattern.test(word))?.[1]);
  return phases.find((phase) => told.includes(phase)) ?? null;
}

/**
 * Of several reasons, the one that goes with the phase the run began to fail in, or else the first: after a
 * failed test, giving its lease back may fail as well.
 */
export function pickReason(reasons: readonly string[], phase: Phase | null): string | null {
  const telling = reasons.find((reason) => phase !== null && judgeReason(reason) === phase);
  const testing = reasons.find((reason) => /\bexecuting_multi_stage_test\b/.test(reason));
  return telling ?? testing ?? reasons[0] ?? null;
}
