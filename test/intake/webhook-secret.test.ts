import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspect } from 'node:util';
import { readWebhookSecrets } from '../../src/intake/webhook-secret.ts';

/** The secrets as they were written, each with its keys in hexadecimal. */
function read(written: string) {
  return readWebhookSecrets(written)?.map(({ bearer, keys }) => [
    bearer.reveal(),
    keys.map((key) => key.export().toString('hex')),
  ]);
}

const hex = (text: string) => Buffer.from(text).toString('hex');
const bytes = '00ff'.repeat(16);
const base64 = Buffer.from(bytes, 'hex').toString('base64');

for (const [what, written, expected] of [
  ['a plain one signs as its bytes', 'hunter2', [['hunter2', [hex('hunter2')]]]],
  ['any letter is taken', 'gehäuse', [['gehäuse', [hex('gehäuse')]]]],
  ['a prefix says base64', `whsec_${base64}`, [[`whsec_${base64}`, [bytes]]]],
  [
    'padding may be left out',
    `whsec_${base64.replace('=', '')}`,
    [[`whsec_${base64.replace('=', '')}`, [bytes]]],
  ],
  ['what is base64 of a sensible length may be meant so', base64, [[base64, [hex(base64), bytes]]]],
  [
    'what decodes to under 24 bytes is a plain one',
    'abcdefgh'.repeat(3),
    [['abcdefgh'.repeat(3), [hex('abcdefgh'.repeat(3))]]],
  ],
  [
    'what decodes to over 64 bytes is a plain one',
    'abcd'.repeat(22),
    [['abcd'.repeat(22), [hex('abcd'.repeat(22))]]],
  ],
  [
    'several stand with commas or blanks between',
    ' one,two \n three,',
    [
      ['one', [hex('one')]],
      ['two', [hex('two')]],
      ['three', [hex('three')]],
    ],
  ],
] as const) {
  test(what, () => assert.deepEqual(read(written), expected));
}

for (const written of [
  '',
  ' ',
  ',',
  ' , ,',
  'whsec_',
  'whsec_!',
  'whsec_a',
  'whsec_aGk=x',
  'good,whsec_',
  'a\u0000b',
  'a\u007f',
]) {
  test(`takes ${JSON.stringify(written)} for no secrets`, () => assert.equal(read(written), undefined));
}

test('neither a secret nor its key shows where it is printed', () => {
  const secrets = readWebhookSecrets(`hunter2 ${base64}`);
  const printed = inspect(secrets, { depth: 9, showHidden: true }) + JSON.stringify(secrets);
  for (const each of ['hunter2', base64, bytes, hex('hunter2'), '104, 117'])
    assert.ok(!printed.includes(each), printed);
});
