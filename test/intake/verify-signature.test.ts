import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Webhook } from 'standardwebhooks';
import {
  verifySignature,
  checkSignatureHeaders,
  type SignatureHeaders,
} from '../../src/intake/verify-signature.ts';
import { readWebhookSecrets } from '../../src/intake/webhook-secret.ts';

const now = Date.UTC(2026, 5, 12, 13, 0, 0);
const secret = `whsec_${Buffer.alloc(24, 'k').toString('base64')}`;
const other = `whsec_${Buffer.alloc(24, 'o').toString('base64')}`;
const body = '{"job_name": "jöb"}';

/** As the reference library signs it. */
function sign(by = secret, { id = 'msg_1', at = now, over = body } = {}): SignatureHeaders {
  const seconds = Math.floor(at / 1000);
  return {
    id,
    timestamp: String(seconds),
    signature: new Webhook(by).sign(id, new Date(seconds * 1000), over),
  };
}

function judge(headers: SignatureHeaders, { by = secret, over = body, at = now } = {}) {
  const keys = (readWebhookSecrets(by) ?? []).flatMap((each) => each.keys);
  return verifySignature(headers, Buffer.from(over), keys, at);
}

test('takes the example of Standard Webhooks', () => {
  const headers = {
    id: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
    timestamp: '1614265330',
    signature: 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
  };
  const by = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
  assert.equal(judge(headers, { by, over: '{"test": 2432232314}', at: 1_614_265_330_000 }), null);
});

test('takes what the reference library signed, by any of the secrets', () => {
  assert.equal(judge(sign()), null);
  assert.equal(judge(sign(other), { by: `${secret},${other}` }), null);
  assert.equal(judge(sign(other)), 'wrong');
});

test('a plain secret signs by its bytes, or as base64 where it is that', () => {
  const plain = Buffer.alloc(32, 7).toString('base64');
  assert.equal(judge(sign(plain), { by: plain }), null);
  const raw = new Webhook(plain, { format: 'raw' }).sign('msg_1', new Date(now), body);
  assert.equal(judge({ ...sign(), signature: raw }, { by: plain }), null);
});

test('another body, id or time is not what was signed', () => {
  assert.equal(judge(sign(), { over: `${body} ` }), 'wrong');
  assert.equal(judge({ ...sign(), id: 'msg_2' }), 'wrong');
  assert.equal(judge({ ...sign(), timestamp: String(now / 1000 + 1) }), 'wrong');
});

for (const [seconds, fault] of [
  [-300, null],
  [-301, 'stale'],
  [300, null],
  [301, 'stale'],
] as const) {
  test(`of a signature ${seconds} s from now it says ${fault}`, () => {
    assert.equal(judge(sign(secret, { at: now + seconds * 1000 })), fault);
    assert.equal(checkSignatureHeaders(sign(secret, { at: now + seconds * 1000 }), now), fault);
  });
}

for (const timestamp of ['now', '-1', '1.5', '0x10', '1e9', String(now), '9'.repeat(30), ' ']) {
  test(`takes no timestamp ${timestamp}`, () => assert.equal(judge({ ...sign(), timestamp }), 'stale'));
}

test('one good signature among others will do, and versions that it does not know are no signatures', () => {
  const { signature: good = '' } = sign();
  const { signature: bad = '' } = sign(other);
  const withList = (...list: string[]) => judge({ ...sign(), signature: list.join(' ') });
  assert.equal(withList(bad, 'v1a,xyz', 'v2,', good), null);
  assert.equal(withList(bad, 'v1,', 'v1'), 'wrong');
  assert.equal(withList(good.replace('v1,', 'v1a,')), 'partial');
  assert.equal(withList(good.replace('v1,', 'V1,')), 'partial');
  assert.equal(withList(good.slice(0, -1)), 'wrong');
  assert.equal(withList(`${good}=`), 'wrong');
});

for (const missing of ['id', 'timestamp', 'signature'] as const) {
  test(`without ${missing} there is no signature`, () => {
    for (const value of [undefined, '']) assert.equal(judge({ ...sign(), [missing]: value }), 'partial');
  });
}

test('none of the three headers is no signature at all', () => {
  assert.equal(judge({ id: undefined, timestamp: '', signature: undefined }), 'absent');
});

test('no key takes any signature', () => {
  assert.equal(verifySignature(sign(), Buffer.from(body), [], now), 'wrong');
});
