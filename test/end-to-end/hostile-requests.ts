/** A request that holds a secret where none belongs, beside the ways in which it may be shown. */
export interface HostileRequest {
  method: string;
  path: string;
  headers: Record<string, string>;
  body?: string;
}

export interface Credentials {
  /** Belongs nowhere. */
  stray: string;
  webhookSecret: string;
  apiToken: string;
}

const json = { 'content-type': 'application/json' };
const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];

/** What may be asked of a route: any method with any credentials, and each oddity with some. */
export function listHostileRequests(
  route: string,
  ids: readonly string[],
  credentials: Credentials,
): HostileRequest[] {
  const { stray, webhookSecret, apiToken } = credentials;
  const odd = encodeURIComponent(stray);
  const paths = route.includes(':id')
    ? [...ids, odd, `%E0%A4%A${odd}`].map((id) => route.replace(':id', id))
    : [route, `${route}/${odd}`, `${route}/%ZZ${odd}`];
  const queries = ['', `?token=${odd}&${odd}=1&job=${odd}&state=${odd}&limit=${odd}&after=${odd}`];
  const shown: Record<string, string>[] = [
    {},
    { authorization: `Bearer ${stray}`, cookie: `token=${odd}`, 'x-trigger-token': stray },
    { authorization: `Basic ${Buffer.from(`user:${stray}`).toString('base64')}` },
    { authorization: `Bearer ${webhookSecret}` },
    { authorization: `Bearer ${apiToken}` },
    { 'webhook-id': stray, 'webhook-timestamp': stray, 'webhook-signature': `v1,${stray}` },
  ];
  const [first = route, ...others] = paths.flatMap((path) => queries.map((query) => path + query));
  const bare = [
    ...methods.flatMap((method) => shown.map((headers) => ({ method, path: first, headers }))),
    ...others.flatMap((path) =>
      ['GET', 'POST', 'DELETE'].flatMap((method) =>
        [{ ...shown[1] }, { ...shown[4] }].map((headers) => ({ method, path, headers })),
      ),
    ),
  ];
  const withBody = [{}, { ...shown[3] }, { ...shown[4] }].flatMap((headers) =>
    listBodies(stray).map((body) => ({
      ...body,
      method: 'POST',
      path: first,
      headers: { ...headers, ...body.headers },
    })),
  );
  return [...bare, ...withBody];
}

/** Bodies that no route may take, each with the secret in it. */
export function listBodies(stray: string): { headers: Record<string, string>; body: string }[] {
  const good = { job_name: 'job', build_id: '1', prow_job_id: 'run', trigger_token: stray, token: stray };
  const fields = ['job_name', 'build_id', 'prow_job_id', 'slack_webhook_url', 'slack_errors_webhook_url'];
  const wrong = [
    // The missing id keeps each of them from being a notification.
    ...fields.map((field) => ({ ...good, prow_job_id: '', [field]: stray })),
    ...fields.map((field) => ({ ...good, prow_job_id: '', [field]: [stray] })),
    { ...good, slack_webhook_url: `https://elsewhere.example/${stray}` },
    { ...good, slack_webhook_url: `https://hooks.slack.com@elsewhere.example/${stray}` },
    { ...good, trigger_token: `${stray} ${stray}`, token: `${stray} ${stray}` },
    { ...good, trigger_token: { [stray]: stray }, token: [stray] },
    { [stray]: stray, '__proto__ ': stray },
    { job: { [stray]: stray }, until: stray, author: [stray], comment: { a: stray } },
    [stray],
    stray,
  ].map((value) => JSON.stringify(value));
  const text = JSON.stringify(good);
  const broken = [
    text.slice(0, -1),
    `${text}${stray}`,
    text.replace('"job"', stray),
    `{"__proto__":{"trigger_token":${JSON.stringify(stray)}}}`,
    `{"trigger_token":${JSON.stringify(stray)},"deep":${'['.repeat(3_000)}${']'.repeat(3_000)}}`,
    JSON.stringify({ ...good, padding: stray.repeat(4_000) }),
  ];
  return [
    ...[...wrong, ...broken].map((body) => ({ headers: json, body })),
    { headers: { 'content-type': 'text/plain' }, body: text },
    { headers: { 'content-type': `application/json; charset=${stray.slice(-20)}` }, body: text },
    { headers: { 'content-type': 'application/json; charset=utf-16' }, body: text },
    { headers: { ...json, 'content-encoding': 'gzip' }, body: text },
    {
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams(good).toString(),
    },
  ];
}
