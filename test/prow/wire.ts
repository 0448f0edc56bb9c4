import type { ServerResponse } from 'node:http';
import { type LocalServer, resetConnection, startLocalServer } from './local-server.ts';

/** A request as a stand-in sees it, come over a socket or not. */
export interface Asked {
  method: string;
  /** Path and query. */
  path: string;
  /** Names in lower case. */
  headers: Record<string, string | undefined>;
  body: Buffer;
}

/** `reset`: the connection breaks instead. `isCut`: it breaks half way through the body. */
export type Reply =
  | { kind: 'reply'; status: number; headers: Record<string, string>; body: Buffer; isCut: boolean }
  | { kind: 'reset' };

export type Answering = (asked: Asked) => Reply | Promise<Reply>;

export const reset: Reply = { kind: 'reset' };

export function replyWith(
  status: number,
  headers: Record<string, string>,
  body: string | Uint8Array,
  isCut = false,
): Reply {
  return { kind: 'reply', status, headers, body: Buffer.from(body), isCut };
}

/** Puts a stand-in behind a port of 127.0.0.1. */
export function serveReplies(answer: Answering): Promise<LocalServer> {
  return startLocalServer(async (request, body, response) => {
    const { method = 'GET', url: path = '/' } = request;
    const headers = Object.fromEntries(
      Object.entries(request.headers).map(([name, value]) => [
        name,
        Array.isArray(value) ? value.join(', ') : value,
      ]),
    );
    write(response, await answer({ method, path, headers, body }));
  });
}

function write(response: ServerResponse, reply: Reply): void {
  if (reply.kind === 'reset') return resetConnection(response);
  const { status, headers, body, isCut } = reply;
  const isChunked = 'transfer-encoding' in headers;
  response.writeHead(status, isChunked ? headers : { ...headers, 'content-length': body.length });
  if (response.req.method === 'HEAD') response.end();
  else if (isCut)
    response.write(body.subarray(0, Math.floor(body.length / 2)), () => resetConnection(response));
  else response.end(body);
}
