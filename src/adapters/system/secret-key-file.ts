import { randomBytes } from 'node:crypto';
import { chmod, link, open, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Secret } from '../../secret.ts';
import { describeAccess, formatOwners } from './describe-access.ts';
import { readRegularFile } from './read-regular-file.ts';

const name = 'secret.key';
/** Characters; a key that we made has 44. */
const shortest = 32;

/**
 * The keys that open tokens. The first one also seals. The keys of the settings come first, then the one in the data
 * directory, so that tokens from before the setting still open. Without a setting, the key in the data directory is made and
 * seals. Throws as `readOrMakeSecretKey` does. If the settings list a key, a file without a key counts as missing.
 * `warn` is called if others can read the file and we cannot change that.
 */
export async function readSecretKeys(
  directory: string,
  listed: readonly Secret[],
  warn: (says: string) => void = () => {},
): Promise<[Secret, ...Secret[]]> {
  const [first, ...others] = listed;
  if (first === undefined) return [await readOrMakeSecretKey(directory, warn)];
  const key = parseKey((await readKey(join(directory, name), warn)) ?? '');
  return key === null ? [first, ...others] : [first, ...others, key];
}

/**
 * The key in the data directory that seals tokens if the settings have none: made once, mode 0600. The directory must exist.
 * Throws if the file can be neither read nor made, or holds no key.
 */
export async function readOrMakeSecretKey(
  directory: string,
  warn: (says: string) => void = () => {},
): Promise<Secret> {
  const path = join(directory, name);
  const key = parseKey((await readKey(path, warn)) ?? (await makeKey(directory, path)));
  if (key === null)
    throw new Error(`${path} holds no key: delete it to have one made, or set RETRIGGER_SECRET_KEY`);
  return key;
}

/** `null`: the text is no key, or what is left of one. */
function parseKey(text: string): Secret | null {
  const key = text.trim();
  return key.length < shortest ? null : new Secret(key);
}

/** `null`: there is no such file. Throws an error that names the owner if we may not read it. */
async function readKey(path: string, warn: (says: string) => void): Promise<string | null> {
  try {
    const text = await readRegularFile(path);
    await closeToOthers(path, warn);
    return text;
  } catch (cause) {
    if (hasCode(cause, 'ENOENT')) return null;
    const says = describeAccess(cause);
    throw says === null ? cause : new Error(`the secret key cannot be read: ${says}`, { cause });
  }
}

/**
 * Restores mode 0600 of our own file, because a volume may have widened it. A file of another user, as on a restored
 * volume, is used as it is: only its owner can change the mode.
 */
async function closeToOthers(path: string, warn: (says: string) => void): Promise<void> {
  const { uid, gid, mode } = await stat(path);
  const isOurs = process.getuid === undefined || uid === process.getuid();
  if ((mode & 0o077) === 0 && isOurs) return;
  const says = isOurs
    ? await chmod(path, 0o600).then(() => null, String)
    : 'only its owner can change the mode';
  if (says === null) return;
  const owners = formatOwners({ path, uid, gid, mode });
  warn(
    `${owners}; ${says}: chown ${process.getuid?.()} ${path} and chmod 0600 ${path}, or run as uid ${uid}`,
  );
}

/**
 * The file gets its name when it is whole and on disk, so that a crash leaves either no key or one that can be read.
 * What a crash leaves of the other name ends in `.tmp`, and was no key yet.
 */
async function makeKey(directory: string, path: string): Promise<string> {
  const temporary = `${path}-${randomBytes(6).toString('hex')}.tmp`;
  try {
    await writeKey(temporary);
    // `link` never replaces a key that another process has just made; `rename` would.
    await link(temporary, path).catch(ignore('EEXIST'));
  } finally {
    await rm(temporary, { force: true });
  }
  // Without this, a power cut may remove the name, and everything sealed with the key is lost.
  await syncFolder(directory);
  return readRegularFile(path);
}

async function writeKey(path: string): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  try {
    await file.writeFile(`${randomBytes(32).toString('base64')}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

function ignore(code: string): (error: unknown) => void {
  return (error) => {
    if (!hasCode(error, code)) throw error;
  };
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
