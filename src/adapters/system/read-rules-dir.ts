import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RuleText } from '../../rules/parse-rules.ts';

/** The texts of a directory's rule files (`*.yaml`, without `*.test.yaml`), in name order. Throws as `readdir` does. */
export async function readRulesDir(directory: string): Promise<RuleText[]> {
  const entries = await readdir(directory, { withFileTypes: true });
  // A link counts: Kubernetes mounts files as links. A name that begins with a dot is an editor's.
  const names = entries.filter((entry) => !entry.isDirectory()).map(({ name }) => name);
  const files = names
    .filter((name) => /^[^.].*\.ya?ml$/.test(name) && !/\.test\.ya?ml$/.test(name))
    .toSorted();
  return Promise.all(
    files.map(async (name) => {
      const path = join(directory, name);
      return { path, text: await readFile(path, 'utf8') };
    }),
  );
}
