import type { Outcome } from '../cluster/run-plan.ts';

/** A failure before the first step: the case that carries it, its text and ci-operator's reason. */
export interface SetupFailure {
  caseName: string;
  text: string;
  reason: string;
}

const start = 'executing_graph:step_failed';

/** What ci-operator says when it fails before the steps; `null` for outcomes that reach them. */
export function setupFailure(outcome: Outcome, test: string): SetupFailure | null {
  switch (outcome) {
    case 'fail-lease':
      return {
        caseName: `Run multi-stage test ${test}`,
        text: 'failed to acquire lease for "aws-quota-slice": resources not found',
        reason: `${start}:utilizing_lease:acquiring_lease`,
      };
    case 'fail-claim':
      return {
        caseName: `Run multi-stage test ${test}`,
        text: 'failed to wait for the created cluster claim to become ready: timed out waiting for the condition',
        reason: `${start}:utilizing_cluster_claim:acquiring_cluster_claim`,
      };
    case 'fail-import':
      return {
        caseName: 'Import the release payload "latest" from an external source',
        text:
          'unable to import latest release image: unable to import tag ci-op/release:latest even after (6) imports: ' +
          'Get "https://quay.io/v2/": net/http: TLS handshake timeout',
        reason: `${start}:importing_release`,
      };
    case 'fail-build':
      return {
        caseName: 'Build image shop from the repository',
        text:
          'error occurred handling build shop-amd64: the build shop-amd64 failed after 2m26s with reason ' +
          'DockerBuildFailed: Dockerfile build strategy has failed.',
        reason: `${start}:building_project_image`,
      };
    case 'infra':
      return {
        caseName: 'initialize',
        text: 'failed to initialize namespace: could not create namespace: etcdserver: request timed out',
        reason: 'initializing_namespace',
      };
    case 'pass':
    case 'fail-pre':
    case 'fail-test':
    case 'fail-post':
    case 'error':
    case 'lost':
    case 'fail-clone':
    case 'aborted':
      return null;
  }
}
