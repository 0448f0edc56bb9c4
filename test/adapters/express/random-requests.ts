import * as fc from 'fast-check';
import { body, marker } from './start-app.ts';

export const anyPath = fc.constantFrom('/openshift-ci-re-trigger', '/openshift_ci_job_trigger');
const anyId = fc.oneof(
  fc.constant('build-1'),
  fc.integer(),
  fc.double(),
  fc.string({ unit: 'binary' }),
  fc.bigInt().map(String),
);
const word = fc.oneof(fc.constant(marker), fc.jsonValue({ maxDepth: 3 }), anyId);
const fields = [...Object.keys(body), 'token', 'slack_webhook_url', 'slack_errors_webhook_url', 'more'];
/** A good notification but for some of its fields. */
export const nearlyGood = fc
  .dictionary(fc.constantFrom(...fields), word, { maxKeys: 3 })
  .map((change) => ({ ...body, ...change }));
export const slightlyBad = fc
  .tuple(
    fc.constantFrom('job_name', 'build_id', 'prow_job_id', 'slack_webhook_url'),
    fc.string({ maxLength: 5 }),
  )
  .map(([name, change]) => ({ ...body, [name]: change }));
/** Whole, or broken off at the deepest. */
const nested = fc
  .tuple(fc.integer({ min: 1, max: 10_000 }), fc.constantFrom(['[', ']'], ['{"a":', '}']), fc.boolean())
  .map(
    ([depth, [open = '', close = ''], isWhole]) =>
      `${open.repeat(depth)}1${isWhole ? close.repeat(depth) : ''}`,
  );
const number = fc.constantFrom(
  '1e999',
  '-0',
  '1'.repeat(5_000),
  '0.1e-99999',
  '9007199254740993',
  'NaN',
  '01',
  '.5',
);
const key = fc.constantFrom(
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'job_name',
  '\\ud800',
  '\\u0000',
  'trigger_token',
);
const leaf = fc.oneof(
  number,
  fc.constantFrom('"\\ud800"', '"\\u0000"', '{}', 'null', `"${marker}"`, '{"prototype": {}}'),
);
const text = fc
  .array(fc.tuple(key, leaf), { maxLength: 4 })
  .map((entries) => `{${entries.map(([name, value]) => `"${name}": ${value}`).join(', ')}}`);
export const anyBytes = fc.oneof(
  fc.uint8Array({ maxLength: 300 }),
  fc.oneof(nested, text).map((each) => Buffer.from(each)),
  fc.tuple(nearlyGood, fc.nat(), fc.uint8Array({ minLength: 1, maxLength: 3 })).map(([model, at, junk]) => {
    const good = Buffer.from(JSON.stringify(model));
    return Buffer.concat([good.subarray(0, at % good.length), junk, good.subarray(at % good.length)]);
  }),
);
/** A header's value, as the wire may carry it. */
const anyValue = fc.oneof(
  fc.string({
    unit: fc.integer({ min: 0x20, max: 0xff }).map((code) => String.fromCharCode(code)),
    maxLength: 60,
  }),
  fc.string({ unit: 'binary-ascii', maxLength: 20 }),
  fc.constantFrom('', marker, ' ', ';', '"', ',,,', 'x'.repeat(20_000)),
);
export const anyHeader = fc.oneof(
  fc.constantFrom(
    'Content-Type: application/json; charset=',
    `Content-Type: application/json; charset="${marker}`,
    'Content-Type: application/json;;;=;"',
    `Content-Type: ${marker}`,
    'Content-Length: 5',
    'Content-Length: 99999999999999999999',
    'Content-Length: -1',
    'Content-Length: 0x10',
    'Content-Length : 3',
    'Transfer-Encoding: chunked',
    'Transfer-Encoding: chunked, chunked',
    'Transfer-Encoding: gzip, chunked',
    'Transfer-Encoding:\tchunked',
    `Transfer-Encoding: ${marker}`,
    'Content-Encoding: gzip',
    `Expect: ${marker}`,
    'Expect: 100-continue',
    'Connection: upgrade\r\nUpgrade: websocket',
    'Upgrade: h2c',
    'Host: other',
    ' folded',
    marker,
    `X-${'y'.repeat(20_000)}: 1`,
    'Trailer: X',
  ),
  fc
    .tuple(
      fc.constantFrom(
        'Content-Type',
        'Content-Encoding',
        'Transfer-Encoding',
        'Content-Length',
        'Authorization',
        'X-Forwarded-For',
        'Host',
        'Expect',
      ),
      anyValue,
    )
    .map(([name, each]) => `${name}: ${each}`),
);
export const anyStart = fc.oneof(
  fc
    .tuple(fc.constantFrom('POST', 'GET', 'PUT', 'CONNECT', 'OPTIONS', 'HEAD', 'MARKER', ''), anyPath)
    .map(([method, at]) => `${method} ${at} HTTP/1.1`),
  fc.constantFrom(
    'POST /openshift-ci-re-trigger',
    'POST * HTTP/1.1',
    'POST /openshift-ci-re-trigger HTTP/0.9',
    'PRI * HTTP/2.0',
    'POST http://[/ HTTP/1.1',
    'OPTIONS * HTTP/1.1',
  ),
);
export const anyChunks = fc.constantFrom(
  '5\r\n{"a":\r\n1\r\n1\r\n1\r\n}\r\n0\r\n\r\n',
  'ffffffffffffffff\r\n',
  '-1\r\n\r\n',
  '1;x=y\r\n{\r\n0\r\n\r\n',
  'z',
  '0\r\nX: y\r\n\r\n',
  '',
);
export const anyProof = fc.record({
  'webhook-id': anyValue,
  'webhook-timestamp': fc.oneof(
    anyValue,
    fc.constant(String(Date.UTC(2026, 5, 12, 13) / 1000)),
    fc.integer().map(String),
  ),
  'webhook-signature': fc.oneof(
    anyValue,
    fc.base64String({ maxLength: 60 }).map((each) => `v1,${each}`),
    fc
      .array(fc.constantFrom('v1,', 'v1', `v1,${marker}`, 'v1a,AAAA', ',', `v1,${'A'.repeat(43)}=`))
      .map((list) => list.join(' ')),
  ),
  authorization: fc.oneof(
    anyValue,
    anyValue.map((each) => `Bearer ${each}`),
  ),
});
// Above 0x7f, which node itself turns away, the rest of a line would not be tried.
const sign = fc.oneof(
  fc.constantFrom(
    '%',
    '%25',
    '%00',
    '%E0%A4%A',
    '%2e%2e%2f',
    '[]',
    '{a,{b',
    '{',
    '*'.repeat(300),
    '+',
    ';',
    '&',
  ),
  fc.constantFrom('1e3', '-1', 'held', '__proto__', 'constructor', marker),
  fc.integer({ min: 0x21, max: 0x7f }).map((code) => String.fromCharCode(code)),
);
const signs = fc.array(sign, { maxLength: 12 }).map((all) => all.join(''));
const parameter = fc
  .tuple(fc.oneof(fc.constantFrom('job', 'state', 'limit', 'after'), signs), signs)
  .map(([name, value]) => `${name}=${value}`);

/** The first line of a request, as far as its version. */
export const anyTarget = fc.oneof(
  fc.array(parameter, { maxLength: 4 }).map((all) => `GET /api/v1/chains?${all.join('&')}`),
  signs.map((id) => `GET /api/v1/chains/${id}`),
  signs.map((id) => `POST /api/v1/chains/${id}/retry`),
  signs.map((id) => `DELETE /api/v1/silences/${id}`),
  signs.map((at) => `GET /${at}`),
);
