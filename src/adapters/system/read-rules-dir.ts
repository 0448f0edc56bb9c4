import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { RuleText } from '../../rules/language/parse-rules.ts';
import { longestFile, longestFiles } from '../../rules/language/read-config-file.ts';
import { readRegularFile } from './read-regular-file.ts';

/**
 * The texts of a directory's rule files (`*.yaml`, without `*.test.yaml`), in name order. Files over a limit
 * of `parseRules` are read only as far as needed to detect that. Throws if the directory or a file cannot be read, and
 * `NoRegularFile` for a pipe or a device.
 */
export async function readRulesDir(directory: string): Promise<RuleText[]> {
  return readTexts(directory, (name) => name.endsWith('.yaml') && !name.endsWith('.test.yaml'));
}

/** The texts of a directory's example files (`*.test.yaml`), as `readRulesDir` reads rule files. */
export async function readExamplesDir(directory: string): Promise<RuleText[]> {
  return readTexts(directory, (name) => name.endsWith('.test.yaml'));
}

/**
 * A line for each file of the directory that looks like rules or examples and is not read because of its ending, such
 * as `*.yml`. It says what to do. Throws as `readRulesDir` does.
 */
export async function describeStrayFiles(directory: string): Promise<string[]> {
  const names = await listFiles(directory);
  return names
    .filter((name) => /\.(?:ya?ml|json)$/i.test(name) && !name.endsWith('.yaml') && name !== schema)
    .map((name) => {
      const advice = adviseOnEnding(name, names);
      return `${join(directory, name)} is not read${advice}`;
    });
}

/** `rules schema` writes it beside the rules, for editors. */
const schema = 'schema.json';

function adviseOnEnding(name: string, names: readonly string[]): string {
  if (/\.json$/i.test(name)) return ': rules are in files that end in .yaml';
  const renamed = name.replace(
    /(\.test)?\.ya?ml$/i,
    (_, test?: string) => `${test?.toLowerCase() ?? ''}.yaml`,
  );
  if (!names.includes(renamed)) return `: rename it to ${renamed}`;
  return `, ${renamed} is: merge the two, or delete ${name}`;
}

async function readTexts(directory: string, isWanted: (name: string) => boolean): Promise<RuleText[]> {
  const names = await listFiles(directory);
  const texts: RuleText[] = [];
  let left = longestFiles;
  // One after the other, because a directory may hold more files than a process may open at once.
  for (const name of names.filter(isWanted)) {
    // The limit is exceeded already, so the other files do not matter.
    if (left < 0) break;
    const path = join(directory, name);
    const text = await readRegularFile(path, longestFile + 1);
    texts.push({ path, text });
    left -= Buffer.byteLength(text);
  }
  return texts;
}

async function listFiles(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { withFileTypes: true }).catch(explainAbsence);
  // A link counts: Kubernetes mounts files as links. A name that begins with a dot is an editor's.
  const names = entries.filter((entry) => !entry.isDirectory()).map(({ name }) => name);
  return names.filter((name) => /^[^.]/.test(name)).toSorted();
}

function explainAbsence(cause: unknown): never {
  if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') throw cause;
  throw new NoDirectory('there is no such directory', { cause });
}

/** Its words alone are told, without the name of the class. */
class NoDirectory extends Error {
  readonly code = 'ENOENT';

  override toString(): string {
    return this.message;
  }
}
