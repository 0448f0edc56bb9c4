import { composeYaml } from '../../text/compose-yaml.ts';
import { isBuildId, isProwName } from '../../job/run.ts';
import { readJobType } from '../../job/type.ts';
import type { Found } from './artifact-source.ts';
import { readObject, readString } from '../../text/json.ts';

/** What Prow's record of a run, its ProwJob, says of where the run is. */
export interface RunRecord {
  jobName: string;
  /** `null` until the run is pending. */
  buildId: string | null;
  /** Deck's page of the run; `null` until the run is pending. */
  url: string | null;
}

/** Prow's records of runs. They are deleted some time after the end of the run (PROW.md, 2). */
export interface RunRecords {
  /** `absent`: Prow has no such record, or has deleted it. */
  read(prowJobId: string): Promise<Found<RunRecord>>;
}

const maxUrlLength = 2_000;

/** Reads a ProwJob as YAML. `null`: the text is something else, or names no job. */
export function readRunRecord(text: string): RunRecord | null {
  const json = readObject(parseYaml(text));
  const spec = readObject(json['spec']);
  const status = readObject(json['status']);
  const jobName = readString(spec['job']);
  if (jobName === null || !isProwName(jobName)) return null;
  if (readJobType(spec['type']) === null) return null;
  const buildId = readString(status['build_id']);
  const url = readString(status['url']);
  return {
    jobName,
    buildId: buildId !== null && isBuildId(buildId) ? buildId : null,
    url: url !== null && url.length <= maxUrlLength ? url : null,
  };
}

/**
 * Every scalar stays a string, because a build id exceeds 2^53. Aliases are refused, because Prow writes none. A text that is
 * nested deeper than a ProwJob is refused, too.
 */
function parseYaml(text: string): unknown {
  try {
    const composed = composeYaml(text, { schema: 'failsafe', logLevel: 'silent' });
    return composed.kind === 'excess' ? null : (composed.document.toJS({ maxAliasCount: 0 }) as unknown);
  } catch {
    return null;
  }
}
