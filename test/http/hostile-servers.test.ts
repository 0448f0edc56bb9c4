import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { test, type TestContext } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { BodyTooLarge, createHttpClient, type HttpOutcome } from '../../src/http/http-client.ts';
import { serveTcp } from '../adapters/raw-server.ts';
import { VirtualClock } from '../time/virtual-clock.ts';

const mebibyte = 1_048_576;
const timeoutMs = 65_000;
/** Who does not break a flood would read it for ever. */
const patience = { timeout: 120_000 };

/** A client, and a server that does to each connection what it likes. */
async function meet(t: TestContext, answer: (socket: Socket) => unknown) {
  const clock = new VirtualClock();
  const http = createHttpClient(clock);
  t.after(() => http.close());
  const sockets: Socket[] = [];
  const { url } = await serveTcp(t, (socket) => {
    sockets.push(socket);
    void answer(socket);
  });
  const call = (method: 'GET' | 'POST' = 'GET') => http.call({ method, url, timeoutMs });
  return { clock, call, sockets };
}

/** Writes the same for as long as anybody takes it. */
async function flood(socket: Socket, begin: string, part: string | Buffer): Promise<void> {
  socket.write(begin);
  while (!socket.destroyed) {
    if (!socket.write(part)) await Promise.race([once(socket, 'drain'), once(socket, 'close')]);
    await turn();
  }
}

async function settle(): Promise<void> {
  for (let i = 0; i < 100; i += 1) await turn();
}

function whyOf(outcome: HttpOutcome): string {
  assert.equal(outcome.kind, 'broken');
  return 'why' in outcome ? outcome.why : '';
}

const start = 'HTTP/1.1 200 OK\r\n';
const floods: [string, string, string, RegExp][] = [
  ['a header without end', `${start}X-Long: `, 'x'.repeat(4_096), /HEADERS_OVERFLOW/],
  ['headers without end', start, 'X-More: x\r\n'.repeat(400), /HEADERS_OVERFLOW/],
];
for (const [what, begin, part, why] of floods) {
  test(`${what} is broken before it fills anything`, patience, async (t) => {
    const { clock, call, sockets } = await meet(t, (socket) => flood(socket, begin, part));
    for (const method of ['GET', 'POST'] as const) assert.match(whyOf(await call(method)), why);
    assert.ok(sockets.every(({ bytesWritten }) => bytesWritten < 8 * mebibyte));
    assert.equal(clock.nextDue(), null);
  });
}

const nonsense: [string, string][] = [
  ['an answer that was not asked to go on', 'HTTP/1.1 100 Continue\r\n\r\n'],
  ['another protocol', 'HTTP/1.1 101 X\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n'],
  ['two lengths', `${start}Content-Length: 1\r\nContent-Length: 2\r\n\r\nab`],
  ['a length and chunks', `${start}Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\na`],
  ['a length below nothing', `${start}Content-Length: -1\r\n\r\n`],
  ['a length beyond measure', `${start}Content-Length: 99999999999999999999999\r\n\r\n`],
  ['a NUL in a header', `${start}X: a\0b\r\n\r\n`],
  ['a header of one half', `${start}Nothing\r\n\r\n`],
  ['a status of four digits', 'HTTP/1.1 2000 OK\r\n\r\n'],
  ['HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
];
for (const [what, bytes] of nonsense) {
  test(`${what} is broken`, async (t) => {
    const { clock, call } = await meet(t, (socket) => socket.end(bytes, 'latin1'));
    for (const method of ['GET', 'POST'] as const) whyOf(await call(method));
    assert.equal(clock.nextDue(), null);
  });
}

test('headers that come byte by byte have no more than the time of the call', async (t) => {
  const { clock, call, sockets } = await meet(t, (socket) => socket.write(start));
  const calling = call();
  while (sockets.length === 0) await turn();
  for (let passed = 0; passed < timeoutMs; passed += 13_000) {
    sockets[0]?.write('X');
    await settle();
    clock.advance(13_000);
  }
  assert.equal(whyOf(await calling), `no complete answer within ${timeoutMs} ms`);
});

test('announcements without end have no more than the time of the call', patience, async (t) => {
  const hints = 'HTTP/1.1 103 Hint\r\nLink: x\r\n\r\n'.repeat(100);
  for (const method of ['GET', 'POST'] as const) {
    const { clock, call, sockets } = await meet(t, (socket) => flood(socket, '', hints));
    const calling = call(method);
    while ((sockets[0]?.bytesWritten ?? 0) < mebibyte) await turn();
    clock.advance(timeoutMs);
    assert.equal(whyOf(await calling), `no complete answer within ${timeoutMs} ms`);
    assert.equal(clock.nextDue(), null);
  }
});

test('an answer that was announced may still take its time', async (t) => {
  const hint = 'HTTP/1.1 103 Hint\r\n\r\n';
  const { clock, call, sockets } = await meet(t, (socket) => socket.write(hint.repeat(3)));
  const calling = call();
  while (sockets.length === 0) await turn();
  await settle();
  clock.advance(60_000);
  sockets[0]?.end(`${start}Content-Length: 2\r\n\r\nok`);
  const outcome = await calling;
  assert.ok(outcome.kind === 'answered');
  assert.equal(await outcome.text(9), 'ok');
});

const chunked = `${start}Transfer-Encoding: chunked\r\n\r\n`;

test('a chunked body without end is read up to the limit', patience, async (t) => {
  const part = `1000\r\n${'x'.repeat(4_096)}\r\n`;
  const { call, sockets } = await meet(t, (socket) => flood(socket, chunked, part));
  const outcome = await call();
  assert.ok(outcome.kind === 'answered');
  await assert.rejects(outcome.text(mebibyte), BodyTooLarge);
  assert.ok((sockets[0]?.bytesWritten ?? 0) < 8 * mebibyte);
});

test('a chunked body of a byte every 14 seconds has no more than the time of the call', async (t) => {
  const { clock, call, sockets } = await meet(t, (socket) => socket.write(chunked));
  const outcome = await call();
  assert.ok(outcome.kind === 'answered');
  const reading = assert.rejects(outcome.text(99), /within 65000 ms/);
  for (let passed = 0; passed < timeoutMs; passed += 14_000) {
    sockets[0]?.write('1\r\nx\r\n');
    await settle();
    clock.advance(14_000);
  }
  await reading;
});

test(
  'what comes beside the body of chunks has no more than the time of the call, or is cut',
  patience,
  async (t) => {
    const extension = await meet(t, (socket) => socket.write(`${chunked}1;${'x'.repeat(9_999)}`));
    const slow = await extension.call();
    assert.ok(slow.kind === 'answered');
    const reading = slow.text(99);
    await settle();
    extension.clock.advance(timeoutMs);
    await assert.rejects(reading, /within 65000 ms/);
    const trailers = await meet(t, (socket) => flood(socket, `${chunked}0\r\n`, 'X-More: x\r\n'.repeat(400)));
    const cut = await trailers.call();
    assert.ok(cut.kind === 'answered');
    await assert.rejects(cut.text(99));
    assert.ok((trailers.sockets[0]?.bytesWritten ?? 0) < 8 * mebibyte);
    const size = await meet(t, (socket) => socket.write(`${chunked}zz\r\n`));
    const bad = await size.call();
    if (bad.kind === 'answered') await assert.rejects(bad.text(99));
  },
);

test(
  'gzip without end is unpacked no further than the limit, a gibibyte to the mebibyte',
  patience,
  async (t) => {
    const part = gzipSync(Buffer.alloc(16 * mebibyte));
    const begin = `${start}Content-Encoding: gzip\r\n\r\n`;
    const { call, sockets } = await meet(t, (socket) => flood(socket, begin, part));
    const before = process.memoryUsage().arrayBuffers;
    const outcome = await call();
    assert.ok(outcome.kind === 'answered');
    let most = 0;
    const watching = setInterval(
      () => (most = Math.max(most, process.memoryUsage().arrayBuffers - before)),
      1,
    );
    t.after(() => clearInterval(watching));
    await assert.rejects(outcome.text(8 * mebibyte), BodyTooLarge);
    clearInterval(watching);
    assert.ok(most < 64 * mebibyte, `${Math.round(most / mebibyte)} MiB were held`);
    assert.ok((sockets[0]?.bytesWritten ?? 0) < 8 * mebibyte);
  },
);
