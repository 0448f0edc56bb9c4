import assert from 'node:assert/strict';
import { test } from 'node:test';
import request from 'supertest';
import { type Chain } from '../../../src/chain/chain.ts';
import { chainStates } from '../../../src/chain/transitions.ts';
import { openChain } from '../../../src/chain/accept.ts';
import { viewChain } from '../../../src/report/chain/view-chain.ts';
import { Secret } from '../../../src/secret.ts';
import { now, startApp } from './start-app.ts';

const path = '/api/v1/chains';

function createChain(number: number, change: Partial<Chain> = {}): Chain {
  const run = { jobName: `job-${number % 2}`, prowJobId: `run-${number}`, buildId: String(number) };
  const chain = openChain(run, { token: null, slack: null, slackErrors: null }, now + number);
  return { ...chain, ...change } as Chain;
}

function startWith(count: number) {
  const started = startApp();
  const chains = Array.from({ length: count }, (_, number) => createChain(number));
  for (const chain of chains) started.store.put(chain);
  return { ...started, newestFirst: chains.toReversed().map(viewChain) };
}

test('lists chains newest first, page by page', async () => {
  const { app, newestFirst } = startWith(5);
  const first = await request(app).get(path).query({ limit: 3 });
  assert.equal(first.status, 200);
  const { chains, next } = first.body as { chains: unknown[]; next: string };
  assert.deepEqual(chains, newestFirst.slice(0, 3));
  const second = await request(app).get(path).query({ limit: 3, after: next });
  assert.deepEqual(second.body, { chains: newestFirst.slice(3), next: null });
});

test('lists 50 chains where no limit is given, and up to 1000', async () => {
  const { app } = startWith(60);
  const count = async (query: object) => {
    const { body } = await request(app).get(path).query(query);
    return (body as { chains: unknown[] }).chains.length;
  };
  assert.equal(await count({}), 50);
  assert.equal(await count({ limit: '', job: '', state: '', after: '' }), 50);
  assert.equal(await count({ limit: 1000 }), 60);
});

test('filters by job and by one or more states', async () => {
  const { app, store } = startApp();
  for (const [number, state] of chainStates.entries()) store.put(createChain(number, { state }));
  const states = async (query: string) => {
    const { body } = await request(app).get(`${path}?${query}`);
    return (body as { chains: { state: string }[] }).chains.map(({ state }) => state).toSorted();
  };
  assert.deepEqual(await states('state=held'), ['held']);
  assert.deepEqual(await states('state=held,passed'), ['held', 'passed']);
  assert.deepEqual(await states('state=held&state=needs-human,'), ['held', 'needs-human']);
  assert.deepEqual(await states('job=job-1*&state=scheduled,held'), ['scheduled']);
});

for (const [query, field] of [
  ['state=retrying', 'state'],
  ['state=held,toString', 'state'],
  ['limit=0', 'limit'],
  ['limit=1001', 'limit'],
  ['limit=-1', 'limit'],
  ['limit=ten', 'limit'],
  ['limit=1.5', 'limit'],
  ['limit=1&limit=2', 'limit'],
  ['after=nothing', 'after'],
  ['job=a&job=b', 'job'],
  ['stat=held', 'stat'],
  ['job=a&Limit=3', 'Limit'],
  ['limits[]=3', 'query'],
  ['sha256~c2VjcmV0', 'query'],
] as const) {
  test(`answers 400 for ?${query}`, async () => {
    const { app } = startWith(1);
    const response = await request(app).get(`${path}?${query}`);
    assert.equal(response.status, 400);
    assert.equal(response.headers['content-type'], 'application/problem+json');
    const { errors } = response.body as { errors: { field: string }[] };
    assert.deepEqual(
      errors.map((error) => error.field),
      [field],
    );
  });
}

test('names the parameters that there are', async () => {
  const response = await request(startApp().app).get(`${path}?jobs=a&limit=0`);
  assert.deepEqual((response.body as { errors: unknown }).errors, [
    { field: 'jobs', message: 'is not known here: use job, state, limit, after' },
    { field: 'limit', message: 'must be a number from 1 to 1000' },
  ]);
});

test('shows a chain, and 404 for one that is not there', async () => {
  const { app, newestFirst } = startWith(1);
  const response = await request(app).get(`${path}/${newestFirst[0]?.id}`);
  assert.deepEqual(response.body, newestFirst[0]);
  for (const id of ['absent', '..%2f..', '__proto__']) {
    const missing = await request(app).get(`${path}/${id}`);
    assert.equal(missing.status, 404);
    assert.equal(missing.headers['content-type'], 'application/problem+json');
  }
});

for (const verb of ['cancel', 'retry'] as const) {
  test(`${verb} is off without an API token`, async () => {
    const response = await request(startApp().app).post(`${path}/x/${verb}`).set('Authorization', 'Bearer x');
    assert.equal(response.status, 403);
    assert.equal(response.headers['content-type'], 'application/problem+json');
  });

  test(`${verb} wants the API token and answers with the chain`, async () => {
    const chain = createChain(1);
    const asked: string[] = [];
    const act = async (id: string) => {
      asked.push(id);
      if (id === 'absent') return { kind: 'absent' } as const;
      if (id === 'closed') return { kind: 'conflict', detail: 'The chain has ended.' } as const;
      return { kind: 'done', chain } as const;
    };
    const { app } = startApp({ apiToken: new Secret('key') }, { [verb]: act });
    const post = (id: string) => request(app).post(`${path}/${id}/${verb}`);
    for (const wrong of ['Bearer no', 'key', 'Bearer keykey']) {
      const refused = await post(chain.id).set('Authorization', wrong);
      assert.equal(refused.status, 401);
      assert.match(refused.headers['www-authenticate'] ?? '', /^Bearer/);
    }
    assert.equal((await post(chain.id)).status, 401);
    assert.deepEqual(asked, []);
    const done = await post(chain.id).set('Authorization', 'bearer key');
    assert.deepEqual([done.status, done.body], [200, viewChain(chain)]);
    assert.equal((await post('absent').set('Authorization', 'Bearer key')).status, 404);
    const conflict = await post('closed').set('Authorization', 'Bearer key');
    assert.equal(conflict.status, 409);
    assert.match(conflict.text, /The chain has ended\./);
  });
}
