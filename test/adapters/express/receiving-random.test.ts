import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import * as fc from 'fast-check';
import { compileGlob } from '../../../src/job/glob.ts';
import {
  anyBytes,
  anyChunks,
  anyHeader,
  anyPath,
  anyProof,
  anyStart,
  anyTarget,
  nearlyGood,
  slightlyBad,
} from './random-requests.ts';
import { sendRaw, serve } from './serve-app.ts';
import { body, secretsOf } from './start-app.ts';

/** The same requests each time; a failure prints the path that leads to its own. */
const settings = { seed: 20_260_612, numRuns: 150 };

/** The app on a port, and a way to send it anything at all, as another caller each time. */
async function setUp(t: TestContext, secret: string | null = null) {
  const webhookSecrets = secret === null ? null : secretsOf(secret);
  const served = await serve(t, { webhookSecrets, trustProxy: 1 }, { deps: { matchGlob: compileGlob } });
  const { port, lines, readLines } = served;
  let callers = 0;

  /** Gives back the status, or null where the connection was closed without a word; all that came is held to be sound. */
  async function send(line: string, headers: readonly string[], content: string | Uint8Array) {
    callers += 1;
    const from = `X-Forwarded-For: 10.${callers >> 16}.${(callers >> 8) & 255}.${callers & 255}`;
    const head = [line, 'Host: x', from, ...headers, '', ''].join('\r\n');
    const bytes = Buffer.concat([Buffer.from(head, 'latin1'), Buffer.from(content)]);
    const answer = await sendRaw(port, bytes).catch((error: unknown) => {
      assert.match(String(error), /ECONNRESET|EPIPE/);
      return '';
    });
    assert.doesNotMatch(answer, /MARKER/i);
    const final = answer.replace(/^HTTP\/1\.1 100 Continue\r\n\r\n/, '');
    return final === '' ? null : judgeAnswer(final, !line.startsWith('HEAD '));
  }

  async function post(at: string, content: string | Uint8Array, headers: readonly string[] = []) {
    const length = `Content-Length: ${Buffer.from(content).length}`;
    const all = ['Connection: close', 'Content-Type: application/json', length, ...headers];
    return send(`POST ${at} HTTP/1.1`, all, content);
  }

  /** What the log must not have after all of it. */
  function holdLog(): void {
    assert.doesNotMatch(lines.join('\n'), /MARKER/i);
    assert.deepEqual(
      readLines().filter(({ level, status }) => level === 'error' || (level === 'warn' && status !== 401)),
      [],
    );
  }
  return { send, post, holdLog };
}

/** Every answer is under 500, and says what is wrong in problem+json; of broken HTTP node says the status alone. */
function judgeAnswer(answer: string, hasContent: boolean): number {
  const [, text = ''] = /^HTTP\/1\.1 (\d{3}) /.exec(answer) ?? [];
  const status = Number(text);
  assert.ok(status >= 200 && status < 500, answer);
  const [head = '', content = ''] = answer.split(/\r\n\r\n([^]*)/);
  const isByNode = [400, 408, 413, 417, 431].includes(status) && !/^Content-Type:/im.test(head);
  if (status < 400 || (isByNode && /^Connection: close$/im.test(head))) return status;
  assert.match(head, /^Content-Type: application\/problem\+json$/im);
  if (hasContent) assert.equal((JSON.parse(content) as { status: unknown }).status, status);
  return status;
}

test('whatever JSON comes: an answer that says what is wrong', async (t) => {
  const { post, holdLog } = await setUp(t);
  const seen = new Set<number | null>();
  await fc.assert(
    fc.asyncProperty(
      anyPath,
      fc.oneof(nearlyGood, slightlyBad, fc.jsonValue({ stringUnit: 'binary' })),
      async (at, value) => {
        const status = await post(at, JSON.stringify(value));
        seen.add(status);
        assert.ok(status !== null && [200, 202, 400, 422].includes(status), String(status));
      },
    ),
    settings,
  );
  assert.ok(
    [202, 400, 422].every((status) => seen.has(status)),
    String([...seen]),
  );
  holdLog();
});

test('whatever bytes come: an answer that says what is wrong', async (t) => {
  const { post, holdLog } = await setUp(t);
  await fc.assert(
    fc.asyncProperty(anyPath, anyBytes, async (at, content) => {
      const status = await post(at, content);
      assert.ok(status !== null && [200, 202, 400, 422].includes(status), String(status));
    }),
    settings,
  );
  holdLog();
});

test('whatever headers come: an answer, or a closed connection', async (t) => {
  const { send, holdLog } = await setUp(t);
  await fc.assert(
    fc.asyncProperty(
      anyStart,
      fc.array(anyHeader, { maxLength: 4 }),
      fc.boolean(),
      fc.oneof(anyChunks, fc.constant(JSON.stringify(body))),
      async (line, headers, isJson, content) => {
        const type = isJson ? ['Content-Type: application/json'] : [];
        await send(line, ['Connection: close', ...type, ...headers], content);
      },
    ),
    { ...settings, numRuns: 400 },
  );
  holdLog();
});

test('no bearer token or signature of chance opens the door', async (t) => {
  const { post, holdLog } = await setUp(t, `hunter2 whsec_${btoa('a key that nobody guesses')}`);
  await fc.assert(
    fc.asyncProperty(anyPath, anyProof, anyBytes, async (at, headers, content) => {
      const lines = Object.entries(headers).map(
        ([name, each]) => `${name}: ${each.replaceAll(/[\r\n]/g, '')}`,
      );
      const status = await post(at, content, lines);
      // Node itself turns away control characters and what is over 16 KiB, with or without a word.
      assert.ok([401, 400, 431, null].includes(status), String(status));
    }),
    settings,
  );
  holdLog();
});

test('whatever is asked for: an answer', async (t) => {
  const { send, holdLog } = await setUp(t);
  await fc.assert(
    fc.asyncProperty(anyTarget, async (line) => {
      await send(`${line} HTTP/1.1`, ['Connection: close'], '');
    }),
    { ...settings, numRuns: 400 },
  );
  holdLog();
});
