import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';

interface Echo {
  status: number;
  headers?: Record<string, string>;
  body?: string;
}

/** Answers that repeat the caller's token, by the end of the job's name. */
export const echoes: Record<string, (token: string) => Echo> = {
  'in-grpc-message': (token) => ({
    status: 403,
    headers: { 'grpc-status': '7', 'grpc-message': encodeURIComponent(`Bearer ${token} may not`) },
  }),
  'in-json': (token) => ({
    status: 400,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ code: 3, message: `Authorization: Bearer ${token} is of no use` }),
  }),
  'in-html': (token) => ({
    status: 403,
    headers: { 'content-type': 'text/html' },
    body: `<html><title>Log In</title>${token}`,
  }),
  'in-401': (token) => ({ status: 401, headers: { 'www-authenticate': `Bearer ${token}` }, body: token }),
  'in-fault': (token) => ({
    status: 500,
    headers: { 'grpc-status': '2', 'grpc-message': encodeURIComponent(`no session for ${token}`) },
  }),
  'in-no-json': (token) => ({ status: 200, body: token }),
  'in-redirect': (token) => ({
    status: 307,
    headers: { location: `/v1/executions?token=${encodeURIComponent(token)}` },
  }),
};

export interface GangwayCall {
  /** Address and body, without the header that has to hold the token, and the variables that have to hold overrides. */
  shown: string;
  token: string;
  envs: Record<string, string>;
}

function splitEnvs(body: string): { envs: Record<string, string>; rest: string } {
  if (body === '') return { envs: {}, rest: '' };
  const { pod_spec_options: options = {}, ...others } = JSON.parse(body);
  const { envs = {}, ...marks } = options;
  return { envs, rest: JSON.stringify({ ...others, pod_spec_options: marks }) };
}

/** Gangway at `target`, but for jobs whose names end as one of the echoes is called. */
export async function startEchoingGangway(t: TestContext, target: string) {
  const calls: GangwayCall[] = [];
  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { url = '', method = 'GET', headers } = request;
    const body = Buffer.concat(await Array.fromAsync(request)).toString();
    const token = (headers.authorization ?? '').replace('Bearer ', '');
    const { envs, rest } = splitEnvs(body);
    calls.push({ shown: `${url}\n${rest}`, token, envs });
    const echo = Object.entries(echoes).find(([name]) => `${url}${body}`.includes(`-${name}`))?.[1](token);
    if (echo !== undefined) {
      response.writeHead(echo.status, echo.headers).end(echo.body ?? '');
      return;
    }
    const { authorization = '' } = headers;
    const sent = { authorization, 'content-type': 'application/json' };
    const real = await fetch(target + url, { method, headers: sent, ...(body === '' ? {} : { body }) });
    const type = real.headers.get('content-type') ?? 'text/plain';
    response.writeHead(real.status, { 'content-type': type }).end(await real.text());
  }
  const server = createServer((request, response) => void answer(request, response));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, calls };
}
