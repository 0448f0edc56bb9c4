import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type IntakeTerms, readNotification } from '../../src/intake/notification.ts';

const terms: IntakeTerms = {
  isTrusted: false,
  tokenOptional: false,
  tokenField: 'trigger_token',
  slackOrigins: ['https://hooks.slack.com'],
};

const body = {
  job_name: 'periodic-ci-rhpit-interop-tests-main-retrigger-poc-failure-test',
  build_id: '1930000000000000001',
  prow_job_id: 'd4ff9ac5-8db6-4bd5-9b77-8d3a5e9c1c4f',
  trigger_token: 'sha256~token',
};

function read(change: Record<string, unknown>, on: Partial<IntakeTerms> = {}) {
  return readNotification({ ...body, ...change }, { ...terms, ...on });
}

/** `ok`, or the kind and the fields that are named. */
function judge(change: Record<string, unknown>, on: Partial<IntakeTerms> = {}): string {
  const reading = read(change, on);
  if (reading.kind === 'ok') return 'ok';
  return `${reading.kind} ${reading.problems.map(({ field }) => field).join(' ')}`;
}

test('reads the whole of a notification', () => {
  const slack = 'https://hooks.slack.com/services/T/B/x';
  const reading = read({ slack_webhook_url: slack, slack_errors_webhook_url: `${slack}y`, more: { a: 1 } });
  assert.ok(reading.kind === 'ok');
  const { token, slackWebhook, slackErrorsWebhook, isTrusted, ...run } = reading.notification;
  assert.deepEqual(run, { jobName: body.job_name, buildId: body.build_id, prowJobId: body.prow_job_id });
  assert.equal(isTrusted, false);
  assert.equal(token?.reveal(), 'sha256~token');
  assert.equal(slackWebhook?.reveal(), slack);
  assert.equal(slackErrorsWebhook?.reveal(), `${slack}y`);
});

for (const sent of [undefined, null, 7, true, 'text', [], [body]]) {
  test(`takes ${JSON.stringify(sent)} for no object`, () => {
    const reading = readNotification(sent, terms);
    assert.deepEqual(reading, {
      kind: 'malformed',
      problems: [{ field: 'body', message: 'must be a JSON object' }],
    });
  });
}

test('names all bad fields at once', () => {
  const reading = readNotification({ build_id: 1.5, slack_webhook_url: 5, prow_job_id: 'UP' }, terms);
  assert.ok(reading.kind === 'malformed');
  assert.deepEqual(
    reading.problems.map(({ field, message }) => `${field} ${message.split(':')[0]}`),
    [
      'job_name is required',
      'build_id must be sent as a string',
      'prow_job_id is no Kubernetes name',
      'trigger_token is required',
      'slack_webhook_url must be a string',
    ],
  );
});

for (const field of ['job_name', 'build_id', 'prow_job_id', 'trigger_token']) {
  test(`requires ${field}; null and the empty string are none`, () => {
    for (const absent of [undefined, null, ''])
      assert.equal(judge({ [field]: absent }), `malformed ${field}`);
    for (const wrong of [true, {}, ['a']]) assert.equal(judge({ [field]: wrong }), `malformed ${field}`);
  });
}

test('takes ids as safe numbers and says why larger ones must be strings', () => {
  const reading = read({ build_id: Number.MAX_SAFE_INTEGER, prow_job_id: 12 });
  assert.ok(reading.kind === 'ok');
  assert.equal(reading.notification.buildId, '9007199254740991');
  assert.equal(reading.notification.prowJobId, '12');
  for (const field of ['build_id', 'prow_job_id']) {
    const unsafe = read({ [field]: Number('1930000000000000001') });
    assert.ok(unsafe.kind === 'malformed');
    assert.match(unsafe.problems[0]?.message ?? '', /string.*2\^53/);
  }
  assert.equal(judge({ job_name: 5 }), 'malformed job_name');
});

for (const [field, values] of [
  ['build_id', ['abc', '../1', '1 ', '-1', '1'.repeat(31), -5]],
  ['prow_job_id', ['Upper', 'a/b', '..', 'a..b', '-a', 'a-', 'a b', 'ä', 'a\n', 'a'.repeat(254)]],
  ['job_name', ['../etc', 'a/b', '..', '.a', '-a', 'a b', 'a\n', 'a?b', 'a%2fb', 'ä', 'a'.repeat(254)]],
] as const) {
  test(`refuses an impossible ${field}`, () => {
    for (const value of values) assert.equal(judge({ [field]: value }), `refused ${field}`, String(value));
  });
}

test('takes a ProwJob name that is no UUID', () => {
  for (const id of ['a', 'my-job.with-dots', '0', 'a'.repeat(253)])
    assert.equal(judge({ prow_job_id: id }), 'ok');
});

test('refuses a Slack address of a foreign origin', () => {
  for (const field of ['slack_webhook_url', 'slack_errors_webhook_url']) {
    for (const url of [
      'http://hooks.slack.com/services/x',
      'https://hooks.slack.com:8443/services/x',
      'https://hooks.slack.com.evil.example/x',
      'https://me:pass@hooks.slack.com/x',
      'https://me@hooks.slack.com/x',
      'blob:https://hooks.slack.com/services/x',
      'filesystem:https://hooks.slack.com/services/x',
      'https://evil.example/https://hooks.slack.com/',
      'http://169.254.169.254/latest/meta-data',
      'file:///etc/passwd',
      'javascript:alert(1)',
    ]) {
      assert.equal(judge({ [field]: url }), `refused ${field}`, url);
    }
  }
});

test('takes what is no address for malformed, and nothing for none', () => {
  for (const text of ['hooks.slack.com/x', 'x', 'https://', '//hooks.slack.com/x']) {
    assert.equal(judge({ slack_webhook_url: text }), 'malformed slack_webhook_url', text);
  }
  for (const absent of [undefined, null, '']) assert.equal(judge({ slack_webhook_url: absent }), 'ok');
});

test('keeps a Slack address as it was parsed, so that nothing else is called than was checked', () => {
  const reading = read({ slack_webhook_url: 'https://hooks.slack.com\\@evil.example/x' });
  assert.ok(reading.kind === 'ok');
  assert.equal(reading.notification.slackWebhook?.reveal(), 'https://hooks.slack.com/@evil.example/x');
});

test('takes the service’s own token where the caller may leave his out', () => {
  const reading = read({ trigger_token: '' }, { tokenOptional: true });
  assert.ok(reading.kind === 'ok');
  assert.equal(reading.notification.token, null);
  assert.equal(judge({ trigger_token: 5 }, { tokenOptional: true }), 'malformed trigger_token');
});

test('cuts the line break that a token file ends with, and takes no other', () => {
  const reading = read({ trigger_token: ' tok\n' });
  assert.ok(reading.kind === 'ok');
  assert.equal(reading.notification.token?.reveal(), 'tok');
  for (const token of ['a\r\nb', 'a b', 'ä'])
    assert.equal(judge({ trigger_token: token }), 'malformed trigger_token');
});

test('refuses a token that no header could carry', () => {
  assert.equal(judge({ trigger_token: 'x'.repeat(4_097) }), 'malformed trigger_token');
  assert.equal(read({ trigger_token: 'x'.repeat(4_096) }).kind, 'ok');
});

test('takes token, or else trigger_token, at the older address', () => {
  const at = { tokenField: 'token' } as const;
  const tokenOf = (change: Record<string, unknown>) => {
    const reading = read(change, at);
    return reading.kind === 'ok' ? reading.notification.token?.reveal() : reading.problems;
  };
  assert.equal(tokenOf({ token: 'older' }), 'older');
  assert.equal(tokenOf({ token: '', trigger_token: 'newer' }), 'newer');
  assert.equal(judge({ trigger_token: undefined }, at), 'malformed token');
  assert.equal(judge({ token: 'older', trigger_token: '' }), 'malformed trigger_token');
});

test('repeats nothing of what was sent', () => {
  const marked = [
    'MARK 1',
    'https://x.MARK/',
    ['MARK'],
    { MARK: 'MARK' },
    'MARK\n\u0000',
    'https://MARK@hooks.slack.com',
  ];
  for (const field of [...Object.keys(body), 'slack_webhook_url', 'slack_errors_webhook_url', 'token']) {
    for (const tokenField of ['token', 'trigger_token'] as const) {
      for (const value of marked)
        assert.doesNotMatch(JSON.stringify(read({ [field]: value }, { tokenField })), /MARK/i);
    }
  }
});
