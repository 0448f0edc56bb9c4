import { createServer, type IncomingMessage, type RequestListener } from 'node:http';
import net, { type AddressInfo, type Server, type Socket } from 'node:net';
import type { TestContext } from 'node:test';

async function listen(t: TestContext, server: Server, drop: () => void): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    drop();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** An HTTP server that answers as a test tells it, for what the stand-in does not do. Counts what comes. */
export async function serveHttp(t: TestContext, answer: RequestListener) {
  const requests: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    requests.push(request);
    answer(request, response);
  });
  const url = await listen(t, server, () => server.closeAllConnections());
  return { url, requests };
}

/** A server that speaks no protocol of its own: a test gets each connection's text so far, and writes what it likes. */
export async function serveTcp(t: TestContext, receive: (socket: Socket, text: string, nth: number) => void) {
  const seen: string[] = [];
  const sockets = new Set<Socket>();
  const server = net.createServer((socket) => {
    const nth = seen.push('') - 1;
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('data', (data) => {
      seen[nth] += data.toString();
      receive(socket, seen[nth] ?? '', nth);
    });
  });
  const url = await listen(t, server, () => sockets.forEach((socket) => socket.destroy()));
  return {
    url,
    seen,
    /** How often `word` begins a request, over all connections. */
    count: (word: string) => seen.join('\n').split(new RegExp(`^${word} /`, 'm')).length - 1,
  };
}
