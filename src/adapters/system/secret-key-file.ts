import { randomBytes } from 'node:crypto';
import { mkdir, open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Secret } from '../../secret.ts';

/**
 * The key in the data directory that seals tokens where the settings bring none: made once, mode 0600. Throws where
 * the file can be neither read nor made, or holds no key.
 */
export async function readOrMakeSecretKey(directory: string): Promise<Secret> {
  const path = join(directory, 'secret.key');
  await mkdir(directory, { recursive: true, mode: 0o700 });
  await makeKey(directory, path).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  });
  const key = (await readFile(path, 'utf8')).trim();
  if (key.length < 32)
    throw new Error(`${path} holds no key: delete it to have one made, or set RETRIGGER_SECRET_KEY`);
  return new Secret(key);
}

async function makeKey(directory: string, path: string): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  try {
    await file.writeFile(`${randomBytes(32).toString('base64')}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  // Without this a power cut may take the name away, and with it all that was sealed under the key.
  const folder = await open(directory, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
