import assert from 'node:assert/strict';
import { test } from 'node:test';
import request from 'supertest';
import { chainIdOf } from '../../../src/chain/accept.ts';
import { Secret } from '../../../src/secret.ts';
import { body, marker, secretsOf, startApp } from './start-app.ts';

const path = '/openshift-ci-re-trigger';
const older = '/openshift_ci_job_trigger';
const id = chainIdOf(body.prow_job_id);
const answer = { id, state: 'judging', href: `/api/v1/chains/${id}` };

test('answers 202 and where the chain is, once it is stored', async () => {
  const { app, store } = startApp();
  const response = await request(app).post(path).send(body);
  assert.equal(response.status, 202);
  assert.deepEqual(response.body, answer);
  assert.equal(response.headers['location'], answer.href);
  const chain = await store.get(id);
  assert.equal(chain?.jobName, body.job_name);
  const [token] = chain?.credentials.tokens ?? [];
  assert.equal(token?.kind === 'caller' && token.sealed, btoa(marker));
});

test('answers 200 with the same body for a run that is known', async () => {
  const { app, store } = startApp();
  await request(app).post(path).send(body);
  const repeat = await request(app)
    .post(path)
    .send({ ...body, job_name: 'another' });
  assert.equal(repeat.status, 200);
  assert.deepEqual(repeat.body, answer);
  const { chains } = await store.page({ limit: 10 });
  assert.equal(chains.length, 1);
});

test('takes token for trigger_token at the older address only', async () => {
  const { app } = startApp();
  const { trigger_token: token, ...run } = body;
  assert.equal(
    (
      await request(app)
        .post(older)
        .send({ ...run, token })
    ).status,
    202,
  );
  assert.equal((await request(app).post(older).send(body)).status, 200);
  assert.equal(
    (
      await request(app)
        .post(path)
        .send({ ...run, token })
    ).status,
    400,
  );
});

for (const [address, field] of [
  [path, 'trigger_token'],
  [older, 'token'],
] as const) {
  test(`names the raw control character in the token at ${address}, and not the token`, async () => {
    for (const [character, name] of [
      ['\n', 'line feed'],
      ['\r', 'carriage return'],
    ] as const) {
      const text = `{"job_name": "j", "build_id": "1", "prow_job_id": "p", "${field}": "${marker}${character}"}`;
      const { app, lines } = startApp();
      const response = await request(app).post(address).type('json').send(text);
      assert.equal(response.status, 400);
      const column = text.indexOf(character) + 1;
      const says = `holds a raw ${name} at line 1, column ${column}, inside a string: remove it from ${field}`;
      const { detail, errors } = response.body as { detail: string; errors: unknown };
      assert.deepEqual(errors, [{ field: 'body', message: says }]);
      assert.equal(detail, `Invalid request body: it ${says}.`);
      assert.ok(!(response.text + lines.join('\n')).includes(marker));
    }
  });
}

test('names every bad field of a malformed body', async () => {
  const { app } = startApp();
  const response = await request(app).post(path).send({ build_id: '12', trigger_token: 5 });
  assert.equal(response.status, 400);
  assert.equal(response.headers['content-type'], 'application/problem+json');
  assert.deepEqual(response.body, {
    type: 'about:blank',
    title: 'Bad Request',
    status: 400,
    detail: 'Some fields are missing or malformed.',
    errors: [
      { field: 'job_name', message: 'is required' },
      { field: 'prow_job_id', message: 'is required' },
      { field: 'trigger_token', message: 'must be a string' },
    ],
  });
});

test('answers 400 for a build id that a JSON number does not hold', async () => {
  const { app } = startApp();
  const sent = JSON.stringify(body).replace('"1930000000000000001"', '1930000000000000001');
  const response = await request(app).post(path).type('json').send(sent);
  assert.equal(response.status, 400);
  assert.match(response.text, /"build_id".*string.*2\^53/);
});

test('answers 422 for what is well-formed and refused', async () => {
  const { app } = startApp();
  const sent = { ...body, job_name: '../../x', slack_webhook_url: 'https://evil.example/x' };
  const response = await request(app).post(path).send(sent);
  assert.equal(response.status, 422);
  const { errors } = response.body as { errors: { field: string }[] };
  assert.deepEqual(
    errors.map(({ field }) => field),
    ['job_name', 'slack_webhook_url'],
  );
});

for (const sent of ['[]', '[{}]', '"text"', 'null', '5', '', '{', '{"a":1}x', "{'a':1}"]) {
  test(`answers 400 for the body ${JSON.stringify(sent)}`, async () => {
    const { app } = startApp();
    const response = await request(app).post(path).type('json').send(sent);
    assert.equal(response.status, 400);
    assert.equal(response.headers['content-type'], 'application/problem+json');
  });
}

for (const sent of ['null', '[]', '5', 'true', '"text"']) {
  test(`says that the body ${sent}, which is JSON, must be an object`, async () => {
    const { app } = startApp();
    const response = await request(app).post(path).type('json').send(sent);
    assert.deepEqual((response.body as { errors?: unknown }).errors, [
      { field: 'body', message: 'must be a JSON object' },
    ]);
  });
}

const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);
const whole = JSON.stringify(body).slice(0, -1);

for (const [what, sent] of [
  ['nested 30,000 deep', `${whole}, "more": ${nested(30_000)}}`],
  ['of 30,000 elements', `${whole}, "more": [${'1,'.repeat(30_000)}1]}`],
  ['that reach a prototype', `${whole}, "__proto__": {"x": 1}, "constructor": {"prototype": {"x": 1}}}`],
  ['given twice', `{"job_name": "", ${whole.slice(1)}}`],
] as const) {
  test(`ignores fields ${what}`, async () => {
    const response = await request(startApp().app).post(path).type('json').send(sent);
    assert.equal(response.status, 202);
  });
}

test('takes no field from a prototype that the body names, and no nested value for a string', async () => {
  const sent = `{"__proto__": ${JSON.stringify(body)}, "job_name": ${nested(30_000)}}`;
  const response = await request(startApp().app).post(path).type('json').send(sent);
  const { errors } = response.body as { errors: { field: string; message: string }[] };
  assert.equal(response.status, 400);
  assert.deepEqual(
    errors.map(({ field, message }) => `${field} ${message}`),
    [
      'job_name must be a string',
      'build_id is required',
      'prow_job_id is required',
      'trigger_token is required',
    ],
  );
});

test('takes a body that begins with a byte order mark', async () => {
  const sent = `\ufeff${JSON.stringify(body)}`;
  assert.equal((await request(startApp().app).post(path).type('json').send(sent)).status, 202);
});

for (const [charset, encoding] of [
  ['utf-16', 'utf16le'],
  ['UTF-16LE', 'utf16le'],
  ['utf-7', 'utf8'],
  ['utf-32', 'utf8'],
] as const) {
  test(`answers 415 for a body in ${charset}`, async () => {
    const { app, store } = startApp();
    const type = `application/json; charset=${charset}`;
    const sent = Buffer.from(JSON.stringify(body), encoding);
    const response = await request(app)
      .post(path)
      .set('Content-Type', type)
      .serialize((buffer: unknown) => buffer as string)
      .send(sent);
    assert.equal(response.status, 415);
    assert.match(response.text, /UTF-8/);
    assert.deepEqual((await store.page({ limit: 9 })).chains, []);
  });
}

for (const type of [
  'application/json',
  'application/json; charset="utf-8"',
  'Application/JSON; charset=UTF-8',
  'application/vnd.x+json;v=1',
]) {
  test(`takes ${type}`, async () => {
    const { app } = startApp();
    const response = await request(app).post(path).set('Content-Type', type).send(JSON.stringify(body));
    assert.equal(response.status, 202);
  });
}

for (const type of [
  'text/plain',
  'application/x-www-form-urlencoded',
  'application/jsonp',
  'text/json',
  'application/json; charset=iso-8859-1',
  'application/json; charset=utf-99',
]) {
  test(`answers 415 for ${type}`, async () => {
    const { app } = startApp();
    const response = await request(app).post(path).set('Content-Type', type).send(JSON.stringify(body));
    assert.equal(response.status, 415);
    assert.equal(response.headers['content-type'], 'application/problem+json');
  });
}

test('answers 415 for a compressed body', async () => {
  const { app } = startApp();
  const response = await request(app).post(path).type('json').set('Content-Encoding', 'gzip').send('x');
  assert.equal(response.status, 415);
});

test('takes a body of 64 KiB and answers 413 for a byte more', async () => {
  const { app } = startApp();
  const empty = JSON.stringify({ ...body, more: '' }).length;
  const sized = (bytes: number) => JSON.stringify({ ...body, more: 'x'.repeat(bytes - empty) });
  assert.equal((await request(app).post(path).type('json').send(sized(65_536))).status, 202);
  const response = await request(app).post(path).type('json').send(sized(65_537));
  assert.equal(response.status, 413);
  assert.equal(response.headers['content-type'], 'application/problem+json');
});

test('wants the webhook secret where one is set', async () => {
  const { app } = startApp({ webhookSecrets: secretsOf('hunter2') });
  const post = (authorization?: string) => {
    const sending = request(app).post(path);
    return authorization === undefined
      ? sending.send(body)
      : sending.set('Authorization', authorization).send(body);
  };
  for (const wrong of [undefined, 'Bearer hunter', 'Basic hunter2', 'Bearer', 'Bearer hunter22']) {
    const response = await post(wrong);
    assert.equal(response.status, 401);
    assert.match(response.headers['www-authenticate'] ?? '', /^Bearer/);
    assert.equal(response.headers['content-type'], 'application/problem+json');
  }
  assert.equal((await post('bearer  hunter2')).status, 202);
});

test('lets the token be left out only with a token of our own and a secret that was shown', async () => {
  const { trigger_token: _, ...run } = body;
  const gangwayToken = new Secret('ours');
  const webhookSecrets = secretsOf('hunter2');
  const post = async (app: ReturnType<typeof startApp>['app']) =>
    (await request(app).post(path).set('Authorization', 'Bearer hunter2').send(run)).status;
  assert.equal(await post(startApp({ gangwayToken }).app), 400);
  assert.equal(await post(startApp({ webhookSecrets }).app), 400);
  assert.equal(await post(startApp({ webhookSecrets, gangwayToken }).app), 202);
});

test('answers 503 and when to come again while the store takes nothing', async () => {
  const { app, store } = startApp();
  store.unavailable = true;
  const response = await request(app).post(path).send(body);
  assert.equal(response.status, 503);
  assert.equal(response.headers['retry-after'], '30');
  assert.equal(response.headers['content-type'], 'application/problem+json');
});
