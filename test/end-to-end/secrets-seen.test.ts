import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SecretsSeen } from './secrets-seen.ts';

test('a secret is found in each form, whole or half, wherever it stands', () => {
  const secretsSeen = new SecretsSeen();
  const whole = `sha256~${secretsSeen.mint('it')}`;
  secretsSeen.mint('another');
  const bytes = Buffer.from(whole);
  const forms = {
    whole,
    head: whole.slice(0, 18),
    tail: whole.slice(-12),
    hex: bytes.toString('hex'),
    HEX: bytes.toString('hex').toUpperCase(),
    base64: bytes.toString('base64'),
    base64url: bytes.toString('base64url'),
    utf16: Buffer.from(whole, 'utf16le'),
    'base64 behind one byte': Buffer.from(`?${whole}!`).toString('base64'),
    'base64 behind two': Buffer.from(`??${whole}!`).toString('base64'),
  };
  for (const [name, form] of Object.entries(forms)) {
    const text = typeof form === 'string' ? `"token":"${form}"` : Buffer.concat([Buffer.from('"'), form]);
    assert.deepEqual(secretsSeen.find(text), ['it'], name);
  }
  assert.deepEqual(secretsSeen.find('sha256~nothing of it'), []);
});
