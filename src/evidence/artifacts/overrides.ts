import { readObject, readString } from '../../text/json.ts';

/** What a run was started with beyond its job's configuration: a retry without it tests something else. */
export interface Overrides {
  /** Variables that Gangway can pass on, by name; all names and values together hold 16 KiB at most. */
  envs: Record<string, string>;
  /** What no retry can pass on, by name only: `--multi-stage-param FOO`, `RELEASE_IMAGE_LATEST`. */
  notCarried: string[];
}

export const noOverrides: Overrides = { envs: {}, notCarried: [] };

/** `isByGangway`: Gangway started the run, so that every literal variable may have come with the request. */
export interface Start {
  isByGangway: boolean;
}

const maxEnvs = 100;
const maxBytes = 16 * 1024;
const maxNotCarried = 100;

/** ci-operator reads these from its environment, whatever set them (PROW.md, 1). */
const overrideName = /^(RELEASE_IMAGE|OVERRIDE_IMAGE|MULTISTAGE_PARAM_OVERRIDE)_./;

/** Kubernetes also takes dots and hyphens in the name of a variable. */
const envName = /^[A-Za-z_][A-Za-z0-9_.-]{0,252}$/;

/**
 * The job's own configuration, which Prow's config repository knows better by now, and what Prow sets on every pod after
 * all others, so that it wins (PROW.md, 1; 4, Step environment).
 */
const neverSent: ReadonlySet<string> = new Set(
  [
    'CONFIG_SPEC UNRESOLVED_CONFIG',
    'CI JOB_NAME JOB_SPEC JOB_TYPE PROW_JOB_ID BUILD_ID BUILD_NUMBER ARTIFACTS GOPATH',
    'REPO_OWNER REPO_NAME SRC_BASE SRC_HOST TRIGGER_COMMENT_ID TRIGGER_COMMENT_URL',
    'PULL_BASE_REF PULL_BASE_SHA PULL_REFS PULL_NUMBER PULL_PULL_SHA PULL_PULL_REF PULL_HEAD_REF PULL_TITLE',
    'CLONEREFS_OPTIONS ENTRYPOINT_OPTIONS GCSUPLOAD_OPTIONS INITUPLOAD_OPTIONS SIDECAR_OPTIONS',
  ].flatMap((names) => names.split(' ')),
);

/** ci-operator's arguments that override something, each with `NAME=VALUE` (PROW.md, 1 and 8). */
const overrideFlag = /^--?(multi-stage-param|dependency-override-param)(?:=(.*))?$/s;

/**
 * The overrides in a ProwJob's `spec.pod_spec` (PROW.md, 1, Where pod_spec_options end up). The container that counts
 * is the one that Prow calls `test`, which most specs leave without a name; else the first.
 */
export function readOverrides(podSpec: unknown, { isByGangway }: Start): Overrides {
  const container = pickContainer(podSpec);
  const kept = new Map<string, string>();
  const lost = listArguments(container);
  let bytes = 0;
  for (const [name, value] of readEnvs(container)) {
    const isOverride = isOverrideName(name);
    if (neverSent.has(name) || (!isOverride && (value === null || !isByGangway))) continue;
    const size = name.length + Buffer.byteLength(value ?? '');
    if (value === null || kept.size >= maxEnvs || bytes + size > maxBytes) {
      lost.push(name);
      continue;
    }
    bytes += size;
    kept.set(name, value);
  }
  return { envs: Object.fromEntries(kept), notCarried: [...new Set(lost)].slice(0, maxNotCarried) };
}

function pickContainer(podSpec: unknown): Record<string, unknown> {
  const listed = readObject(podSpec)['containers'];
  const containers = Array.isArray(listed) ? listed.map(readObject) : [];
  const test = containers.find(({ name }) => [undefined, '', 'test'].includes(name as string | undefined));
  return test ?? containers[0] ?? {};
}

/**
 * The value of each variable; `null`: it is empty, which Gangway refuses, or comes from elsewhere (`valueFrom`). Of
 * two with one name the last counts, as in the pod. Overrides come first, so that the bounds cost others rather than them.
 */
function readEnvs({ env }: Record<string, unknown>): [string, string | null][] {
  const envs = new Map<string, string | null>();
  for (const entry of Array.isArray(env) ? env.map(readObject) : []) {
    const name = readString(entry['name']);
    if (name === null || !envName.test(name)) continue;
    const value = readString(entry['value']);
    // Half a character cannot be sent as it was.
    envs.set(name, value?.isWellFormed() === true ? value : null);
  }
  return [...envs].toSorted(([a], [b]) => Number(isOverrideName(b)) - Number(isOverrideName(a)));
}

function isOverrideName(name: string): boolean {
  return overrideName.test(name);
}

/** The override arguments without their values; Gangway has no field for arguments. */
function listArguments({ command, args }: Record<string, unknown>): string[] {
  const words = [command, args].flatMap((each): unknown[] => (Array.isArray(each) ? each : []));
  return words.flatMap((word, index) => {
    const [, flag, joined] = typeof word === 'string' ? (overrideFlag.exec(word) ?? []) : [];
    if (flag === undefined) return [];
    const next: unknown = joined ?? words[index + 1];
    const [, name] = typeof next === 'string' ? (/^([\w.-]{1,253})=/.exec(next) ?? []) : [];
    return [name === undefined ? `--${flag}` : `--${flag} ${name}`];
  });
}
