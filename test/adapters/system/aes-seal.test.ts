import assert from 'node:assert/strict';
import { createHmac, hkdfSync } from 'node:crypto';
import { test } from 'node:test';
import { AesSeal } from '../../../src/adapters/system/aes-seal.ts';
import { Secret } from '../../../src/secret.ts';
import { holdNoSecret } from '../hold-no-secret.ts';

const seal = new AesSeal(new Secret('a key of some length, or a short one'));
const text = 'sha256~MARKED-token ü🙂';

test('opens what it closed, under the same key only', () => {
  for (const each of ['', text, 'x'.repeat(10_000)]) {
    const sealed = seal.close(new Secret(each));
    assert.equal(seal.open(sealed)?.reveal(), each);
    assert.equal(
      new AesSeal(new Secret('a key of some length, or a short one')).open(sealed)?.reveal(),
      each,
    );
    assert.equal(new AesSeal(new Secret('another key')).open(sealed), null);
  }
});

test('opens what an older key closed, and seals under the first alone', () => {
  const [oldest, older, newest] = ['oldest', 'older', 'newest'].map((key) => new Secret(key)) as [
    Secret,
    Secret,
    Secret,
  ];
  const rotated = new AesSeal(newest, older, oldest);
  for (const key of [oldest, older, newest]) {
    assert.equal(rotated.open(new AesSeal(key).close(new Secret(text)))?.reveal(), text);
  }
  const sealed = rotated.close(new Secret(text));
  assert.equal(new AesSeal(newest).open(sealed)?.reveal(), text);
  assert.equal(new AesSeal(older, oldest).open(sealed), null);
  assert.equal(rotated.open(new AesSeal(new Secret('foreign')).close(new Secret(text))), null);
  holdNoSecret('older', rotated);
});

test('shows neither key nor content, nor that two contents are the same', () => {
  const sealed = [seal.close(new Secret(text)), seal.close(new Secret(text))];
  assert.notEqual(sealed[0], sealed[1]);
  holdNoSecret('MARKED', [sealed, sealed.map((each) => Buffer.from(each, 'base64').toString('latin1'))]);
  holdNoSecret('a key of', seal);
});

test('marks a secret so that a repeat is known, and nothing else is', () => {
  const mark = seal.mark(new Secret(text));
  assert.match(mark, /^[0-9a-f]{16}$/);
  assert.equal(seal.mark(new Secret(text)), mark);
  assert.notEqual(seal.mark(new Secret(`${text}.`)), mark);
  assert.notEqual(new AesSeal(new Secret('another key')).mark(new Secret(text)), mark);
});

test('marks under another key than it seals with', () => {
  const [sealKey, markKey] = ['seal', 'mark'].map((purpose) =>
    Buffer.from(hkdfSync('sha256', 'key', '', `retrigger ${purpose}`, 32)),
  ) as [Buffer, Buffer];
  const markUnder = (key: Buffer) => createHmac('sha256', key).update(text).digest('hex').slice(0, 16);
  const mark = new AesSeal(new Secret('key')).mark(new Secret(text));
  assert.equal(mark, markUnder(markKey));
  assert.notEqual(mark, markUnder(sealKey));
});

test('a change of any bit, a cut and text that was never sealed open to null', () => {
  const bytes = Buffer.from(seal.close(new Secret(text)), 'base64');
  for (let bit = 0; bit < bytes.length * 8; bit += 1) {
    const changed = Buffer.from(bytes);
    changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    assert.equal(seal.open(changed.toString('base64')), null, `bit ${bit}`);
  }
  for (let length = 0; length < bytes.length; length += 1) {
    assert.equal(seal.open(bytes.subarray(0, length).toString('base64')), null);
  }
  for (const odd of ['', '!', 'not sealed at all, but long enough to look like it'])
    assert.equal(seal.open(odd), null);
});
