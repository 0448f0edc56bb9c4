import { stringify } from 'yaml';
import { namespaceOf } from '../cluster/ids.ts';
import { hasEnded, type ProwRun } from '../cluster/prow-run.ts';
import { goTime } from './go-duration.ts';

const descriptions: Partial<Record<ProwRun['state'], string>> = {
  success: 'Job succeeded.',
  failure: 'Job failed.',
  aborted: 'Aborted by prow-controller-manager.',
  error: 'Pod scheduling timeout.',
};

/** The whole ProwJob, tab-indented, as crier's gcsreporter writes it into the run's folder. */
export function prowjobJson(run: ProwRun): string {
  return JSON.stringify(documentOf(run), null, '\t');
}

/** The same as Deck shows it. */
export function prowjobYaml(run: ProwRun): string {
  return stringify(documentOf(run));
}

function documentOf(run: ProwRun): Record<string, unknown> {
  const ended = hasEnded(run);
  return {
    kind: 'ProwJob',
    apiVersion: 'prow.k8s.io/v1',
    metadata: {
      name: run.prowJobId,
      namespace: 'ci',
      creationTimestamp: goTime(run.createdAt),
      labels: run.labels,
      annotations: run.annotations,
    },
    spec: specOf(run),
    status: {
      startTime: goTime(run.createdAt),
      ...(run.pendingAt === null ? {} : { pendingTime: goTime(run.pendingAt) }),
      ...(run.completedAt === null ? {} : { completionTime: goTime(run.completedAt) }),
      state: run.state,
      description: describe(run),
      url: run.url,
      pod_name: run.prowJobId,
      build_id: run.buildId,
      // The stored states lag: even at the end they usually still say pending.
      ...(ended ? { prev_report_states: { gcsk8sreporter: 'pending', gcsreporter: 'pending' } } : {}),
    },
  };
}

function describe({ state, plan }: ProwRun): string {
  const usual = descriptions[state];
  if (usual === undefined) return 'Job triggered.';
  return plan.description ?? (plan.outcome === 'lost' ? 'Pod got deleted unexpectedly' : usual);
}

function specOf(run: ProwRun): Record<string, unknown> {
  // The job's own variables come first; Gangway appends to them.
  const own = { name: 'UNRESOLVED_CONFIG', value: 'tests: []' };
  const env = [own, ...Object.entries(run.envs).map(([name, value]) => ({ name, value }))];
  return {
    type: run.job.type,
    agent: 'kubernetes',
    cluster: 'build01',
    namespace: 'ci',
    job: run.jobName,
    ...(run.refs === null ? {} : { refs: run.refs }),
    report: true,
    ...(run.job.maxConcurrency === undefined ? {} : { max_concurrency: run.job.maxConcurrency }),
    pod_spec: {
      containers: [
        {
          name: '',
          image: 'ci-operator:latest',
          command: ['ci-operator'],
          ...(run.args.length > 0 ? { args: run.args } : {}),
          env,
        },
      ],
      serviceAccountName: 'ci-operator',
    },
    decoration_config: {
      timeout: '4h0m0s',
      grace_period: '1h0m0s',
      gcs_configuration: {
        bucket: run.bucketName,
        path_strategy: 'single',
        default_org: 'openshift',
        default_repo: 'origin',
      },
    },
    prowjob_defaults: { tenant_id: 'GlobalDefaultID' },
  };
}

/** `started.json` as initupload writes it when the pod starts. */
export function startedJson(run: ProwRun, now: number): string {
  const { refs } = run;
  const pull = refs?.pulls[0];
  const repos =
    refs === null
      ? undefined
      : {
          [`${refs.org}/${refs.repo}`]: [
            `${refs.base_ref}:${refs.base_sha}`,
            ...refs.pulls.map((p) => `${p.number}:${p.sha}`),
          ].join(','),
        };
  return JSON.stringify({
    timestamp: Math.floor(now / 1000),
    ...(pull === undefined ? {} : { pull: String(pull.number) }),
    ...(repos === undefined ? {} : { repos, 'repo-commit': refs?.base_sha, 'repo-version': refs?.base_sha }),
  });
}

/** `finished.json` as the sidecar writes it: the result in capitals. */
export function finishedJson(run: ProwRun, result: 'SUCCESS' | 'FAILURE' | 'ABORTED', now: number): string {
  return JSON.stringify({
    timestamp: Math.floor(now / 1000),
    passed: result === 'SUCCESS',
    result,
    metadata: { pod: run.prowJobId, 'work-namespace': namespaceOf(run.buildId) },
  });
}

/** `finished.json` as crier writes it where no sidecar has: the ProwJob's state in small letters. */
export function crierFinishedJson(run: ProwRun, now: number): string {
  const document = {
    timestamp: Math.floor(now / 1000),
    passed: false,
    result: run.state,
    metadata: { uploader: 'crier' },
  };
  return JSON.stringify(document);
}
