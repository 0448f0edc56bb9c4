import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Clock } from '../../time/clock.ts';

export interface ListenAddress {
  ip: string;
  /** 0: any free port. */
  port: number;
  clock: Clock;
  /** How long `close` waits for open requests, in ms. Less than the 10 s that a container has to stop. */
  graceMs?: number;
  timeouts?: Timeouts;
  /** This many connections may be open at a time. Further ones are closed immediately. */
  maxConnections?: number;
}

export interface Listening {
  url: string;
  /** Accepts no new connection. Resolves when every open request is answered or the grace time is over. */
  close(): Promise<void>;
}

/** Limits for slow callers, in ms. */
interface Timeouts {
  /** From the first byte (from the connection, if none arrives) to the end of the headers. */
  headersTimeout: number;
  /** From the same moment to the end of the body. */
  requestTimeout: number;
  /** How often node checks for slow callers. It disconnects them up to this much later. */
  connectionsCheckingInterval: number;
  /** How long a connection is kept for the next request. */
  keepAliveTimeout: number;
}

export const defaultTimeouts: Timeouts = {
  headersTimeout: 10_000,
  requestTimeout: 15_000,
  connectionsCheckingInterval: 1_000,
  // Longer than the 60 s of the load balancer in front, so that it never sends into a connection that we close.
  keepAliveTimeout: 65_000,
};

/** Serves on an address. Rejects if the address is in use or does not belong to this machine. */
export async function listen(
  app: RequestListener,
  { ip, port, clock, graceMs = 5_000, timeouts = defaultTimeouts, maxConnections }: ListenAddress,
): Promise<Listening> {
  const server = createServer({ ...timeouts }, app);
  if (maxConnections !== undefined) server.maxConnections = maxConnections;
  server.on('request', (_request, response) => response.once('close', () => dropIdle(server)));
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject);
  server.listen(port, ip, resolve);
  await promise;
  server.off('error', reject);
  return { url: readUrl(server), close: () => close(server, clock, graceMs) };
}

function readUrl(server: Server): string {
  const { address, port, family } = server.address() as AddressInfo;
  return family === 'IPv6' ? `http://[${address}]:${port}` : `http://${address}:${port}`;
}

/** Node keeps the connection of an answered request for the next one, even when the server closes. */
function dropIdle(server: Server): void {
  if (!server.listening) server.closeIdleConnections();
}

async function close(server: Server, clock: Clock, graceMs: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  server.close(() => resolve());
  // A connection that never sent a request counts as busy, so this wait needs an end.
  const cancel = clock.after(graceMs, () => server.closeAllConnections());
  await promise;
  cancel();
}
