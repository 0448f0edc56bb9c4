import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { normalizeMessage, signFailure } from '../../src/evidence/signature.ts';

const seed = Number(process.env['SEED'] ?? 1);
const letters = (alphabet: string, minLength: number, maxLength = minLength) =>
  fc.string({ unit: fc.constantFrom(...alphabet.split('')), minLength, maxLength });
const hex = (length: number) => letters('0123456789abcdef', length);
const lower = 'abcdefghijklmnopqrstuvwxyz0123456789';
const suffix = 'bcdfghjklmnpqrstvwxz2456789';
const time = fc.date({ min: new Date('2020-01-01'), max: new Date('2035-01-01'), noInvalidDate: true });
const natural = fc.nat(10_000_000);

/** What differs between two runs of one failure, by what writes it. */
const volatile: Record<string, fc.Arbitrary<string>> = {
  uuid: fc.uuid(),
  time: fc.oneof(
    time.map((date) => date.toISOString()),
    time.map((date) => date.toISOString().replace('Z', '+02:00')),
    time.map((date) => date.toISOString().slice(0, 19).replace('T', ' ').replaceAll('-', '/')),
  ),
  namespace: letters(lower, 8).map((id) => `ci-op-${id}`),
  cluster: fc.tuple(letters(lower, 8), letters(lower, 5)).map(([op, id]) => `ci-op-${op}-${id}`),
  replica: fc
    .tuple(letters(suffix, 8, 10), letters(suffix, 5))
    .map(([set, pod]) => `oauth-openshift-${set}-${pod}`),
  pod: letters(suffix, 5).map((id) => `marketplace-${id}`),
  file: letters(`${lower}ABCDEFGHIJ`, 10).map((id) => `/tmp/tmp.${id}`),
  digest: hex(64).map((digest) => `sha256:${digest}`),
  pointer: hex(10).map((digits) => `0xc${digits}`),
  duration: fc.oneof(
    fc.nat(5_999).map((s) => `${Math.floor(s / 60)}m${s % 60}s`),
    fc.nat(9_999).map((ms) => `${ms}ms`),
    fc.tuple(fc.nat(9), fc.nat(59), fc.nat(99)).map(([h, m, s]) => `${h}h${m}m${s}.${s}s`),
  ),
  number: fc.oneof(
    natural.map(String),
    natural.map((n) => n.toLocaleString('en-US')),
    fc.ipV4(),
    fc.tuple(fc.ipV4(), fc.nat(65_535)).map(([ip, port]) => `${ip}:${port}`),
  ),
  size: fc.tuple(natural, fc.constantFrom('Mi', 'KiB', 'GB', 'MiB')).map(([n, unit]) => `${n}${unit}`),
};

/** A text with places in it, and two ways to fill each of them. */
const word = fc.constantFrom(
  'failed',
  'timeout waiting for',
  'pod',
  '"e2e"',
  'level=error',
  'no such host:',
  'quota',
  'EOF',
  '(',
  '):',
  ',',
);
const kind = fc.constantFrom(...Object.keys(volatile));
const place = kind.chain((name) => {
  const value = volatile[name] ?? fc.constant('');
  // The unit stays the same from run to run; only the number before it differs.
  if (name !== 'size') return fc.tuple(value, value);
  return fc.tuple(value, natural).map(([one, n]): [string, string] => [one, one.replace(/^\d+/, String(n))]);
});
const piece = fc.oneof(
  word.map((text): [string, string] => [text, text]),
  place,
);
const pieces = fc.array(piece, { minLength: 1, maxLength: 12 });

test('a signature is the same whatever ids, digits, times and sizes stand in the message', () => {
  fc.assert(
    fc.property(pieces, (parts) => {
      const [one, other] = [0, 1].map((at) => parts.map((part) => part[at]).join(' ')) as [string, string];
      assert.equal(normalizeMessage(one), normalizeMessage(other), `${one}\n${other}`);
      assert.equal(signFailure('pre', ['a'], one), signFailure('pre', ['a'], other));
    }),
    { seed, numRuns: 3_000 },
  );
});

test('a signature is the same whatever colours, line ends and blanks the terminal added', () => {
  const text = fc.array(word, { minLength: 1 });
  const between = fc.constantFrom(' ', '  ', '\t', ' \u001B[31m', '\u001B[0m ', ' \u0007');
  fc.assert(
    fc.property(text, fc.infiniteStream(between), (words, gaps) => {
      const dressed = words.map((each) => each + String(gaps.next().value)).join('');
      assert.equal(signFailure(null, [], dressed), signFailure(null, [], words.join(' ')));
    }),
    { seed, numRuns: 500 },
  );
});

test('any text has a signature', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 300 }), fc.array(fc.string()), (text, steps) => {
      assert.match(signFailure('test', steps, text), /^[0-9a-f]{16}$/);
    }),
    { seed, numRuns: 1_000 },
  );
});
