import { isIP } from 'node:net';
import type { Request } from 'express';

/**
 * The address that the load balancer in front saw, or the connection's own; `null` once that is gone. Without one in
 * front a caller can name any address it likes, but no word that is none.
 */
export function callerAddress(request: Pick<Request, 'ip' | 'socket'>): string | null {
  const { ip = '' } = request;
  return isIP(ip) === 0 ? (request.socket.remoteAddress ?? null) : ip;
}
