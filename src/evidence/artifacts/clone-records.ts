import { cleanText, shorten } from '../../text/clean-text.ts';
import { parseJson, readObject, readString } from '../../text/json.ts';

/** What failed when Prow cloned the source. */
export interface CloneFailure {
  /** `Prow could not clone the source (org/repo): fatal: …`, and below it what git printed. */
  text: string;
}

const maxOutput = 4_096;
const nameLength = 100;

/**
 * Reads `clone-records.json`, which initupload writes (PROW.md, 3): an array with a record for each repository, its
 * commands up to the first that failed, and `failed`. `failure` is `null` if every clone succeeded. `null`: it is not
 * readable as JSON.
 */
export function readCloneRecords(text: string): { failure: CloneFailure | null } | null {
  const json = parseJson(text);
  if (!Array.isArray(json)) return null;
  const failed = json.map(readObject).find((record) => record['failed'] === true);
  return { failure: failed === undefined ? null : { text: describeClone(failed) } };
}

function describeClone(record: Record<string, unknown>): string {
  const refs = readObject(record['refs']);
  const names = [readString(refs['org']), readString(refs['repo'])].filter((name) => name !== null);
  const repository = names.length === 0 ? '' : ` (${cleanText(names.join('/')).slice(0, nameLength)})`;
  const commands = Array.isArray(record['commands']) ? record['commands'].map(readObject) : [];
  const command = commands.findLast(({ error }) => readString(error) !== null);
  const output = shorten(cleanText(readString(command?.['output']) ?? '').trim(), maxOutput);
  const error = pickLine(output) ?? cleanText(readString(command?.['error']) ?? 'the cause is unknown');
  const headline = `Prow could not clone the source${repository}: ${error}`;
  return output === '' || output === error ? headline : `${headline}\n${output}`;
}

/** The line in which git says what is wrong, else its last one. */
function pickLine(output: string): string | null {
  const lines = output
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  return (
    lines.findLast((line) => /^(?:fatal|error|CONFLICT|ssh)\b|\bfailed\b/i.test(line)) ?? lines.at(-1) ?? null
  );
}
