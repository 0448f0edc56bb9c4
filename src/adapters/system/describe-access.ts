import { accessSync, constants, type Stats, statSync } from 'node:fs';
import { dirname } from 'node:path';

/** Who may use a file, and who asks. `uid` and `gid` are numbers of this machine, `mode` the permission bits. */
interface Ownership {
  path: string;
  uid: number;
  gid: number;
  mode: number;
}

/**
 * If the file system denied access, in an error or in one of its causes, names the file, its owner, our user and what
 * to do. `null`: the error has another reason, or the file can be used by now.
 */
export function describeAccess(error: unknown): string | null {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    const { code, path, syscall } = cause as NodeJS.ErrnoException;
    if ((code !== 'EACCES' && code !== 'EPERM') || path === undefined) continue;
    const blocked = findBlocked(path, syscall === 'mkdir' ? 'folder' : 'file');
    if (blocked !== null) return `${formatOwners(blocked)} and may not use it: ${advise(blocked)}.`;
  }
  return null;
}

/** `path belongs to uid 1000, gid 0 (mode 0600); this process runs as uid 1234, gid 0`. */
export function formatOwners({ path, uid, gid, mode }: Ownership): string {
  const bits = (mode & 0o7777).toString(8).padStart(4, '0');
  return `${path} belongs to uid ${uid}, gid ${gid} (mode ${bits}); this process runs as uid ${process.getuid?.()}, gid ${process.getgid?.()}`;
}

/** What blocks our access: `file`, `folder` (its own), `parent` (of a folder that is missing), `path` (further up). */
interface Blocked extends Ownership {
  what: 'file' | 'folder' | 'parent' | 'path';
}

const { R_OK, W_OK, X_OK } = constants;

/** `first`: what is at the path, or would be. */
function findBlocked(path: string, first: 'file' | 'folder'): Blocked | null {
  let what: Blocked['what'] = first;
  for (let place = path; ; place = dirname(place)) {
    const stats = statIfThere(place);
    const wanted = what === 'file' ? R_OK | W_OK : what === 'path' ? X_OK : R_OK | W_OK | X_OK;
    if (stats !== null && !isOpen(place, wanted))
      return { what, path: place, uid: stats.uid, gid: stats.gid, mode: stats.mode };
    if (place === dirname(place)) return null;
    if (what === 'file') what = 'folder';
    else what = stats === null ? 'parent' : 'path';
  }
}

/** `null`: there is no such file, or a folder above it hides it. */
function statIfThere(path: string): Stats | null {
  try {
    return statSync(path);
  } catch {
    return null;
  }
}

function isOpen(path: string, mode: number): boolean {
  try {
    accessSync(path, mode);
    return true;
  } catch {
    return false;
  }
}

function advise({ what, path, uid, gid }: Blocked): string {
  const ours = process.getuid?.();
  if (what === 'parent')
    return `chown ${ours} ${path}, or create the missing folder in it and chown that to ${ours}`;
  if (what === 'path') return 'choose a folder that this user can reach';
  if (uid === ours) return `chmod -R u+rwX ${path}`;
  // There are usually more files of that user.
  const folder = what === 'file' ? dirname(path) : path;
  const isOurGroup = process.getgroups?.().includes(gid) === true || process.getgid?.() === gid;
  const group = isOurGroup ? [`chmod -R g+rwX ${folder}`] : [];
  return [`run the service as uid ${uid}`, `chown -R ${ours} ${folder}`, ...group].join(', or ');
}
