import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';

const { O_NONBLOCK, O_RDONLY } = constants;

/** The path leads to a pipe, a device or a folder. */
export class NoRegularFile extends Error {
  override name = 'NoRegularFile';
}

/**
 * The text of a file, or its beginning if it has more than `maxBytes`. Throws `NoRegularFile`, or an error of `node:fs`. A
 * pipe without a writer would block one of Node's few threads for ever, and a device such as `/dev/zero` has no end, so
 * neither is read.
 */
export async function readRegularFile(path: string, maxBytes = Infinity): Promise<string> {
  // With this flag even a pipe is opened at once.
  const file = await open(path, O_RDONLY | O_NONBLOCK);
  try {
    const stats = await file.stat();
    if (!stats.isFile()) throw new NoRegularFile(`${path}: this is not a regular file`);
    return stats.size > maxBytes ? await readBeginning(file, maxBytes) : await file.readFile('utf8');
  } finally {
    await file.close();
  }
}

async function readBeginning(file: FileHandle, bytes: number): Promise<string> {
  const buffer = Buffer.alloc(bytes);
  let filled = 0;
  for (;;) {
    const { bytesRead } = await file.read(buffer, filled, bytes - filled);
    filled += bytesRead;
    if (bytesRead === 0 || filled === bytes) return buffer.toString('utf8', 0, filled);
  }
}
