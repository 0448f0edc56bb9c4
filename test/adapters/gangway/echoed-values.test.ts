import assert from 'node:assert/strict';
import { test } from 'node:test';
import { holdNoSecret } from '../hold-no-secret.ts';
import { serveTcp } from '../raw-server.ts';
import { caller, clientFor, goAhead, request } from './client-for-test.ts';

const value = 'hunter2 "quoted"\nMARKED';
const asJson = JSON.stringify(value).slice(1, -1);

const answers: [what: string, status: number, message: string, shown: string][] = [
  ['400 quotes it plainly', 400, `env DB: ${value} is bad`, 'env DB: <secret> is bad'],
  ['400 quotes it as JSON does', 400, `Invalid value: "${asJson}"`, 'Invalid value: "<secret>"'],
  ['500 quotes it among others', 500, `${value}-and-more, true`, '<secret>, true'],
];

for (const [what, status, message, shown] of answers) {
  test(`the value of a variable is in no message, if a ${what}`, async (t) => {
    const { url } = await serveTcp(t, (socket) => {
      const headers = `grpc-status: 2\r\ngrpc-message: ${encodeURIComponent(message)}\r\nconnection: close`;
      socket.end(`HTTP/1.1 ${status} X\r\n${headers}\r\n\r\n`);
    });
    const { client } = clientFor(t, url);
    const envs = { DB: value, LONGER: `${value}-and-more`, SWITCH: 'true' };
    const creation = await client.create({ ...request, envs }, caller, goAhead);
    assert.equal('says' in creation ? creation.says : null, `Gangway answered ${status}: ${shown}`);
    holdNoSecret('MARKED', creation);
  });
}
