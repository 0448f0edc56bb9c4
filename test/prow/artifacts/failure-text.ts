import { goDuration, goTime } from './go-duration.ts';

export interface FailedStep {
  test: string;
  step: string;
  namespace: string;
  ms: number;
  endedAt: number;
  message: string;
}

/** The end of a failed container's log: the last 2048 bytes, entrypoint's own lines included. */
export function containerTail({ message, endedAt }: FailedStep): string {
  const entrypoint = JSON.stringify({
    component: 'entrypoint',
    error: 'wrapped process failed: exit status 1',
    file: 'sigs.k8s.io/prow/pkg/entrypoint/run.go:84',
    func: 'sigs.k8s.io/prow/pkg/entrypoint.Options.internalRun',
    level: 'error',
    msg: 'Error executing test process',
    severity: 'error',
    time: goTime(endedAt),
  });
  const log = `${message}\n${entrypoint}\nerror: failed to execute wrapped command: exit status 1\n`;
  return Buffer.from(log).subarray(-2048).toString();
}

/** What a phase's case says of its failed pods; several make Go's aggregate `[a, b]`. */
export function phaseFailure(steps: readonly FailedStep[]): string {
  const texts = steps.map(podFailure);
  return texts.length === 1 ? (texts[0] ?? '') : `[${texts.join(', ')}]`;
}

function podFailure(failed: FailedStep): string {
  const { test, step, namespace, ms } = failed;
  const pod = `${test}-${step}`;
  return [
    `"${test}" pod "${pod}" failed: could not watch pod: the pod ${namespace}/${pod} failed after ${goDuration(ms)} ` +
      '(failed containers: test): ContainerFailed one or more containers exited',
    '',
    'Container test exited with code 1, reason Error',
    '---',
    `${containerTail(failed)}---`,
    `Link to step on registry info site: https://steps.ci.openshift.org/reference/${step}`,
    `Link to job on registry info site: https://steps.ci.openshift.org/job?org=acme&repo=shop&branch=main&test=${test}`,
  ].join('\n');
}

/** What a container prints when the plan says nothing better. */
export function usualMessage(phase: 'pre' | 'test' | 'post', endedAt: number): string {
  const time = goTime(endedAt);
  if (phase === 'pre') {
    return (
      `level=info msg=Waiting up to 20m0s for the Kubernetes API\n` +
      `${time} installer \u001b[31mERROR\u001b[0m failed to fetch Cluster: failed to create cluster: bootstrap timed out`
    );
  }
  if (phase === 'post')
    return `${time} \u001b[31mERROR\u001b[0m could not delete the hosted zone: Throttling`;
  return `=== FAIL: test/e2e TestCheckout (12.31s)\n    checkout_test.go:42: expected 3 replicas, got 2`;
}
