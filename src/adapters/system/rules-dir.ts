import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { RuleText } from '../../rules/language/parse-rules.ts';
import { maxFileBytes, maxTotalBytes } from '../../rules/language/read-config-file.ts';
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
  let left = maxTotalBytes;
  // One after the other, because a directory may hold more files than a process may open at once.
  for (const name of names.filter(isWanted)) {
    // The limit is exceeded already, so the other files do not matter.
    if (left < 0) break;
    const path = join(directory, name);
    const text = await readRegularFile(path, maxFileBytes + 1);
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

/** As a string, this is the message alone, without the name of the class. */
class NoDirectory extends Error {
  readonly code = 'ENOENT';

  override toString(): string {
    return this.message;
  }
}

const everyMs = 500;
/** Checks after which a change is reported even if the files still change. */
const maxUnsettled = 4;

/**
 * Calls `changed` when files of the directory have changed and then stay the same for one check, because an editor writes a
 * file in several steps, and a deployment writes several files. Checks run every half second, by name: a directory may be
 * replaced, a link swapped (as Kubernetes does), and either missing for a while. Returns the function that stops it.
 */
export function watchRulesDir(directory: string, changed: () => void): () => Promise<void> {
  let seen: string | null = null;
  let told: string | null = null;
  let unsettled = 0;
  let looking: Promise<void> = Promise.resolve();
  const timer = setInterval(() => {
    looking = looking.then(look);
  }, everyMs).unref();
  return async () => {
    clearInterval(timer);
    await looking;
  };

  async function look(): Promise<void> {
    const now = await fingerprint(directory);
    unsettled = now === told ? 0 : unsettled + 1;
    if (now !== told && (now === seen || unsettled > maxUnsettled)) {
      told = now;
      unsettled = 0;
      changed();
    }
    seen = now;
  }
}

/** A text that differs for each state of the files. An unreadable directory is a state, too. */
async function fingerprint(directory: string): Promise<string> {
  try {
    const names = (await readdir(directory)).toSorted();
    const marks = await Promise.all(names.map((name) => mark(join(directory, name))));
    return names.map((name, index) => `${name} ${marks[index]}`).join('\n');
  } catch (error) {
    return `unreadable: ${String(error)}`;
  }
}

async function mark(path: string): Promise<string> {
  try {
    const { ino, size, mtimeMs } = await stat(path);
    return `${ino} ${size} ${mtimeMs}`;
  } catch {
    return 'gone';
  }
}
