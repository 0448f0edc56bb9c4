import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import type { TestContext } from 'node:test';
import type { HttpConfig, HttpDeps } from '../../../src/adapters/express/http-deps.ts';
import { listen, type ListenAddress } from '../../../src/adapters/express/server.ts';
import { SystemClock } from '../../../src/adapters/system/system-clock.ts';
import { startApp } from './start-app.ts';

export const local = { ip: '127.0.0.1', port: 0, clock: new SystemClock() };

/** The real app on a port. */
export async function serve(
  t: TestContext,
  config: Partial<HttpConfig> = {},
  { deps = {}, place = {} }: { deps?: Partial<HttpDeps>; place?: Partial<ListenAddress> } = {},
) {
  const started = startApp(config, deps);
  const served = await listen(started.app, { ...local, graceMs: 50, ...place });
  t.after(() => served.close());
  return { ...started, ...served, port: Number(new URL(served.url).port) };
}

/** Sends bytes as they are and gives back all that comes until the server is done with the connection. */
export async function sendRaw(port: number, bytes: string | Uint8Array): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  socket.end(bytes);
  return text(socket);
}
