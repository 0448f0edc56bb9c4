import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Clock } from '../../time/clock.ts';

export interface ListenAddress {
  ip: string;
  /** 0 takes a free one. */
  port: number;
  clock: Clock;
  /** How long `close` waits for requests in hand, in ms; under the 10 s that a container is given to stop. */
  graceMs?: number;
  patience?: Patience;
  /** Connections that may be open at the same time; further ones are closed immediately. */
  maxConnections?: number;
}

export interface Listening {
  url: string;
  /** Takes no new connection and resolves when every request in hand is answered, or the grace is over. */
  close(): Promise<void>;
}

/** How long slow callers are borne, in ms. */
interface Patience {
  /** From the first byte, or the connection where none came, to the end of the headers. */
  headersTimeout: number;
  /** From the same moment to the end of the body. */
  requestTimeout: number;
  /** How often it is looked at who took too long, so that they are cut off up to this much later. */
  connectionsCheckingInterval: number;
  /** How long an answered connection is kept for the next request. */
  keepAliveTimeout: number;
}

export const defaultPatience: Patience = {
  headersTimeout: 10_000,
  requestTimeout: 15_000,
  connectionsCheckingInterval: 1_000,
  // Longer than the 60 s of the load balancer in front, so that it never sends into a connection that we close.
  keepAliveTimeout: 65_000,
};

/** Serves on an address; rejects where it is taken or not ours. */
export async function listen(
  app: RequestListener,
  { ip, port, clock, graceMs = 5_000, patience = defaultPatience, maxConnections }: ListenAddress,
): Promise<Listening> {
  const server = createServer({ ...patience }, app);
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

/** Node keeps the connection of an answered request for the next one, even while the server closes. */
function dropIdle(server: Server): void {
  if (!server.listening) server.closeIdleConnections();
}

async function close(server: Server, clock: Clock, graceMs: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  server.close(() => resolve());
  // A connection that never sent a request counts as busy, so waiting has an end.
  const cancel = clock.after(graceMs, () => server.closeAllConnections());
  await promise;
  cancel();
}
