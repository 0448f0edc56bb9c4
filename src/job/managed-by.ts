/** What retries or counts a run besides us (PROW.md, 6). */
export type Manager =
  | 'release-controller'
  | 'aggregation'
  | 'payload-test'
  | 'cluster-bot'
  | 'prow'
  | 'ephemeral-cluster';

export const managers = [
  'release-controller',
  'aggregation',
  'payload-test',
  'cluster-bot',
  'prow',
  'ephemeral-cluster',
] as const satisfies readonly Manager[];

/** The manager of a run, and the mark on the ProwJob that shows it, in words. */
export interface ManagedBy {
  by: Manager;
  mark: string;
}

interface MarkedRun {
  labels: Readonly<Record<string, string>>;
  annotations: Readonly<Record<string, string>>;
  /** The ProwJob's name. */
  prowJobId: string | null;
}

type Mark = { by: Manager } & (
  | { label: string; value?: string }
  | { annotation: string }
  | { namePrefix: string }
);

/**
 * The first mark that a run has decides. Prow's own retry comes first, because it applies whatever started the run. An
 * aggregated run also has the marks of the payload test or of the payload that it belongs to, so aggregation comes before
 * those. The release controller's analysis runs are aggregated by their label `analysis`, and older controllers set no
 * other label on them.
 */
const marks: readonly Mark[] = [
  { by: 'prow', label: 'prow.k8s.io/re-run' },
  { by: 'aggregation', label: 'release.openshift.io/aggregation-id' },
  { by: 'aggregation', label: 'release.openshift.io/analysis' },
  { by: 'payload-test', label: 'pullrequestpayloadqualificationruns.ci.openshift.io' },
  { by: 'payload-test', label: 'releaseJobNameHash' },
  { by: 'payload-test', annotation: 'releaseJobName' },
  { by: 'release-controller', label: 'release.openshift.io/verify', value: 'true' },
  { by: 'release-controller', label: 'release.openshift.io/payload' },
  { by: 'cluster-bot', namePrefix: 'chat-bot-' },
  { by: 'cluster-bot', label: 'ci-chat-bot.openshift.io/launch' },
  { by: 'ephemeral-cluster', label: 'ci.openshift.io/ephemeral-cluster' },
  // The older name of the same label.
  { by: 'ephemeral-cluster', label: 'ci.openshift.io/ephemeral-cluster-name' },
];

/** On an attempt of ours: the manager of the run that the chain began with. */
export const managerAnnotation = 'retrigger/managed-by';

/** Who manages a run, by its ProwJob's labels, annotations and name (PROW.md, 6); `null`: nothing does. */
export function findManager(run: MarkedRun): ManagedBy | null {
  const mark = marks.find((each) => hasMark(run, each));
  if (mark !== undefined) return { by: mark.by, mark: describeMark(mark) };
  const by = managers.find((manager) => manager === readOwn(run.annotations, managerAnnotation));
  return by === undefined ? null : { by, mark: `annotation ${managerAnnotation}` };
}

function hasMark({ labels, annotations, prowJobId }: MarkedRun, mark: Mark): boolean {
  if ('namePrefix' in mark) return prowJobId?.startsWith(mark.namePrefix) === true;
  if ('annotation' in mark) return readOwn(annotations, mark.annotation) !== undefined;
  const value = readOwn(labels, mark.label);
  return value !== undefined && (mark.value === undefined || mark.value === value);
}

function describeMark(mark: Mark): string {
  if ('namePrefix' in mark) return `name ${mark.namePrefix}…`;
  return 'annotation' in mark ? `annotation ${mark.annotation}` : `label ${mark.label}`;
}

function readOwn(pairs: Readonly<Record<string, string>>, key: string): string | undefined {
  return Object.hasOwn(pairs, key) ? pairs[key] : undefined;
}
