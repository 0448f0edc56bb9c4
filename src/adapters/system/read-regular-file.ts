import { constants } from 'node:fs';
import { open } from 'node:fs/promises';

const { O_NONBLOCK, O_RDONLY } = constants;

/** The path leads to a pipe, a device or a folder, which has no content of its own to read. */
export class NoRegularFile extends Error {
  override name = 'NoRegularFile';
}

/**
 * The text of a file. Throws `NoRegularFile`, or an error of `node:fs`. A pipe without a writer would hold up one of
 * Node's few threads for ever, and a device such as `/dev/zero` has no end, so neither is read.
 */
export async function readRegularFile(path: string): Promise<string> {
  // With this flag even a pipe is opened at once.
  const file = await open(path, O_RDONLY | O_NONBLOCK);
  try {
    if (!(await file.stat()).isFile()) throw new NoRegularFile(`${path}: this is not a regular file`);
    return await file.readFile('utf8');
  } finally {
    await file.close();
  }
}
