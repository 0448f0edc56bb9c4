import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

export type Handle = (
  request: IncomingMessage,
  body: Buffer,
  response: ServerResponse,
) => void | Promise<void>;

/** A server on 127.0.0.1 that keeps its port while it is down, so that a caller meets "connection refused". */
export interface LocalServer {
  readonly origin: string;
  down(): Promise<void>;
  up(): Promise<void>;
  close(): Promise<void>;
}

/** Listens on a free port. A fault in `handle` is a bug in the stand-in and answers 599 with its text. */
export async function startLocalServer(handle: Handle): Promise<LocalServer> {
  const server = createServer((request, response) => {
    receive(request, response, handle).catch((error: unknown) => {
      if (!response.headersSent) response.writeHead(599);
      response.end(`stand-in: ${String(error)}`);
    });
  });
  const listen = (port: number) =>
    new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, '127.0.0.1', () => {
        server.off('error', reject);
        resolve();
      });
    });
  const stop = () =>
    new Promise<void>((resolve) => {
      if (!server.listening) return resolve();
      server.close(() => resolve());
      server.closeAllConnections();
    });
  await listen(0);
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return { origin: `http://127.0.0.1:${port}`, down: stop, up: () => listen(port), close: stop };
}

async function receive(request: IncomingMessage, response: ServerResponse, handle: Handle): Promise<void> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  await handle(request, Buffer.concat(parts), response);
}

/** Breaks the connection with a reset, as a proxy that dies does. */
export function resetConnection(response: ServerResponse): void {
  const socket: Socket | null = response.socket;
  if (socket === null) return;
  socket.resetAndDestroy();
}
