import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { FileText } from '../rules/strict-file.ts';

/** The texts of a directory's example files (`*.test.yaml`), in name order. Throws as `readdir` does. */
export async function readExampleFiles(directory: string): Promise<FileText[]> {
  const entries = await readdir(directory, { withFileTypes: true });
  const names = entries.filter((entry) => !entry.isDirectory()).map(({ name }) => name);
  const files = names.filter((name) => /^[^.].*\.test\.ya?ml$/.test(name)).toSorted();
  return Promise.all(
    files.map(async (name) => {
      const path = join(directory, name);
      return { path, text: await readFile(path, 'utf8') };
    }),
  );
}
