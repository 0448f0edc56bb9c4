import { createHash, timingSafeEqual } from 'node:crypto';
import type { Request } from 'express';
import type { Secret } from '../../secret.ts';
import type { Problem } from './problem.ts';

/** Whether the request carries `Authorization: Bearer <secret>`; takes the same time for every wrong one. */
export function showsBearer(request: Pick<Request, 'headers'>, secret: Secret): boolean {
  const [, shown] = /^bearer +(.+)$/i.exec(request.headers.authorization ?? '') ?? [];
  if (shown === undefined) return false;
  // Node reads header bytes as latin1, while the setting was read as UTF-8.
  return timingSafeEqual(hash(Buffer.from(shown, 'latin1')), hash(Buffer.from(secret.reveal())));
}

export const unauthorized: Problem = {
  status: 401,
  detail: 'The bearer token is missing or wrong.',
  headers: { 'WWW-Authenticate': 'Bearer realm="retrigger"' },
};

/** Hashes are of one length, which `timingSafeEqual` asks for. */
function hash(bytes: Buffer): Buffer {
  return createHash('sha256').update(bytes).digest();
}
