import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Config, readConfig, readUser } from '../../src/config/read-config.ts';
import { settings } from '../../src/config/settings.ts';

function readGood(env: Record<string, string | undefined>): Config {
  const reading = readConfig(env);
  assert.ok(reading.ok, JSON.stringify(reading));
  return reading.config;
}

function readProblems(env: Record<string, string | undefined>): string[] {
  const reading = readConfig(env);
  return reading.ok ? [] : reading.problems;
}

test('shows each setting with its value, unless that is a secret', () => {
  const { shown } = readGood({ RETRIGGER_API_TOKEN: 'hush', RETRIGGER_GANGWAY_RATE: '5/1m', LOG_LEVEL: '' });
  assert.deepEqual(
    shown.map(({ name }) => name),
    settings.map(({ name }) => name),
  );
  const find = (wanted: string) => shown.find(({ name }) => name === wanted);
  assert.deepEqual(find('RETRIGGER_API_TOKEN'), { name: 'RETRIGGER_API_TOKEN', isSet: true, value: null });
  assert.deepEqual(find('RETRIGGER_GANGWAY_RATE')?.value, '5/1m');
  assert.deepEqual(find('LOG_LEVEL'), { name: 'LOG_LEVEL', isSet: false, value: 'info' });
  assert.doesNotMatch(JSON.stringify(shown), /hush/);
});

test('has the defaults of the contract where nothing is set', () => {
  const { shown, ...config } = readGood({ PATH: '/bin' });
  assert.ok(shown.every(({ isSet }) => !isSet));
  assert.deepEqual(config, {
    listenIp: '127.0.0.1',
    listenPort: 5000,
    publicUrl: null,
    dataDir: './data',
    rulesDir: './rules',
    gangwayUrl: 'https://gangway-ci.apps.ci.l2s4.p1.openshiftapps.com',
    gangwayToken: null,
    gangwayRate: { calls: 10, perMs: 60_000, burst: 4 },
    gcsUrl: 'https://storage.googleapis.com',
    gcsBuckets: ['test-platform-results-public'],
    prowUrl: 'https://prow.ci.openshift.org',
    pollIntervalMs: 30_000,
    completionTimeoutMs: 43_200_000,
    webhookSecrets: null,
    apiToken: null,
    trustProxy: 0,
    notificationRate: { calls: 1_200, perMs: 60_000, burst: 4 },
    secretKeys: [],
    slackWebhookUrl: null,
    slackErrorsWebhookUrl: null,
    slackOrigins: ['https://hooks.slack.com'],
    slackBotToken: null,
    slackSigningSecret: null,
    slackAppToken: null,
    slackChannel: null,
    slackApiUrl: 'https://slack.com/api',
    slackOperators: null,
    logLevel: 'info',
  });
});

test('takes an empty or blank value as unset', () => {
  const config = readGood({
    RETRIGGER_LISTEN_PORT: '',
    RETRIGGER_API_TOKEN: ' \n',
    RETRIGGER_DATABASE_URL: '',
  });
  assert.equal(config.listenPort, 5000);
  assert.equal(config.apiToken, null);
});

test('reads what is set', () => {
  const config = readGood({
    RETRIGGER_LISTEN_IP: '::1',
    RETRIGGER_LISTEN_PORT: '0',
    RETRIGGER_GANGWAY_URL: 'http://127.0.0.1:8080/',
    RETRIGGER_GCS_URL: 'http://127.0.0.1:9000/base//',
    RETRIGGER_GANGWAY_RATE: 'off',
    RETRIGGER_POLL_INTERVAL: '500ms',
    RETRIGGER_COMPLETION_TIMEOUT: '7d',
    RETRIGGER_SECRET_KEY: ' a-new-key, the-old-one ',
    RETRIGGER_SLACK_ORIGINS: 'https://hooks.slack.com/, http://127.0.0.1:9999/services',
    RETRIGGER_SLACK_WEBHOOK_URL: 'http://127.0.0.1:9999/services/T/B/x',
    LOG_LEVEL: 'debug',
  });
  assert.equal(config.listenIp, '::1');
  assert.equal(config.listenPort, 0);
  assert.equal(config.gangwayUrl, 'http://127.0.0.1:8080');
  assert.equal(config.gcsUrl, 'http://127.0.0.1:9000/base');
  assert.equal(config.gangwayRate, null);
  assert.equal(config.pollIntervalMs, 500);
  assert.equal(config.completionTimeoutMs, 604_800_000);
  assert.deepEqual(
    config.secretKeys.map((key) => key.reveal()),
    ['a-new-key', 'the-old-one'],
  );
  assert.deepEqual(config.slackOrigins, ['https://hooks.slack.com', 'http://127.0.0.1:9999']);
  assert.equal(config.slackWebhookUrl?.reveal(), 'http://127.0.0.1:9999/services/T/B/x');
  assert.equal(config.logLevel, 'debug');
});

test('reads a rate; a burst is never more than the rate', () => {
  const rate = (text: string) => readGood({ RETRIGGER_GANGWAY_RATE: text }).gangwayRate;
  assert.deepEqual(rate('20/30s'), { calls: 20, perMs: 30_000, burst: 4 });
  assert.deepEqual(rate('2/1m'), { calls: 2, perMs: 60_000, burst: 2 });
});

const proxies: [written: string, read: number | null][] = [
  ['0', 0],
  ['1', 1],
  ['10', 10],
  ['11', null],
  ['-1', null],
  ['1.5', null],
  ['true', null],
  ['loopback', null],
  ['0x1', null],
];
for (const [written, read] of proxies) {
  test(`"${written}" proxies in front are ${read === null ? 'refused' : `read as ${read}`}`, () => {
    const reading = readConfig({ RETRIGGER_TRUST_PROXY: written });
    assert.deepEqual(
      reading.ok ? reading.config.trustProxy : reading.problems,
      read ?? [`RETRIGGER_TRUST_PROXY is "${written}": write the number of proxies in front, from 0 to 10`],
    );
  });
}

test('reads the public address without a slash at its end, and a rate of notifications', () => {
  const config = readGood({
    RETRIGGER_PUBLIC_URL: 'https://retrigger.example/ci/',
    RETRIGGER_NOTIFICATION_RATE: '30/10s',
  });
  assert.equal(config.publicUrl, 'https://retrigger.example/ci');
  assert.deepEqual(config.notificationRate, { calls: 30, perMs: 10_000, burst: 4 });
  assert.equal(readGood({ RETRIGGER_NOTIFICATION_RATE: 'off' }).notificationRate, null);
  assert.equal(readConfig({ RETRIGGER_PUBLIC_URL: 'retrigger.example' }).ok, false);
});

test('knows the older names of address and port, and prefers the newer ones', () => {
  const older = { CI_JOBS_TRIGGER_LISTEN_IP: '0.0.0.0', CI_JOBS_TRIGGER_LISTEN_PORT: '8080' };
  const { listenIp, listenPort } = readGood(older);
  assert.deepEqual([listenIp, listenPort], ['0.0.0.0', 8080]);
  assert.equal(readGood({ ...older, RETRIGGER_LISTEN_PORT: '9090' }).listenPort, 9090);
  assert.equal(readGood({ ...older, RETRIGGER_LISTEN_PORT: '' }).listenPort, 8080);
});

const buckets: [written: string, read: string[] | null][] = [
  ['kubevirt-prow', ['kubevirt-prow']],
  ['a, b.c_d-1 ,a', ['a', 'b.c_d-1']],
  ['', ['test-platform-results-public']],
  ['a,,b', null],
  ['a b', null],
  ['Bucket', null],
  ['gs://a', null],
  ['a,b/logs', null],
  ['..', null],
  [Array.from({ length: 11 }, (_, n) => `b${n}`).join(','), null],
];
for (const [written, read] of buckets) {
  test(`the buckets "${written}" are ${read === null ? 'refused' : `read as ${read.join(' and ')}`}`, () => {
    const reading = readConfig({ RETRIGGER_GCS_BUCKET: written });
    assert.deepEqual(reading.ok ? reading.config.gcsBuckets : null, read);
  });
}

test('names every problem at once, and what to do', () => {
  const problems = readProblems({
    RETRIGGER_POL_INTERVAL: '30s',
    RETRIGGER_POLL_INTERVAL: '30',
    CI_JOBS_TRIGGER_LISTEN_PORT: '70000',
    RETRIGGER_LISTEN_IP: 'localhost',
    RETRIGGER_GANGWAY_URL: 'ftp://host',
    RETRIGGER_GANGWAY_RATE: '10',
    RETRIGGER_GCS_BUCKET: 'gs://bucket/x',
    RETRIGGER_SLACK_WEBHOOK_URL: 'https://evil.example/x',
    LOG_LEVEL: 'loud',
  });
  assert.deepEqual(problems, [
    'RETRIGGER_POL_INTERVAL is not a setting: did you mean RETRIGGER_POLL_INTERVAL?',
    'RETRIGGER_LISTEN_IP is "localhost": write an IP address such as 127.0.0.1, or 0.0.0.0 for all of them',
    'CI_JOBS_TRIGGER_LISTEN_PORT is "70000": write a port from 0 to 65535',
    'RETRIGGER_GANGWAY_URL is "ftp://host": write an address such as https://host or http://host:8080, without a user or a query',
    'RETRIGGER_GANGWAY_RATE is "10": write calls and time such as 10/1m, or off',
    'RETRIGGER_GCS_BUCKET is "gs://bucket/x": write the name of a bucket, such as test-platform-results-public, or up to 10 with commas between them',
    'RETRIGGER_POLL_INTERVAL is "30": write a duration such as 500ms, 30s, 30m, 12h or 7d',
    'LOG_LEVEL is "loud": write trace, debug, info, warn, error, fatal or silent',
    'RETRIGGER_SLACK_WEBHOOK_URL is not at https://hooks.slack.com: correct it, or add its origin to RETRIGGER_SLACK_ORIGINS',
  ]);
});

const unknowns: [env: Record<string, string>, says: string | RegExp][] = [
  [
    {
      RETRIGGER_SERVICE_HOST: '10.0.0.1',
      RETRIGGER_SERVICE_PORT_HTTP: '80',
      RETRIGGER_PORT: 'tcp://10.0.0.1:80',
      RETRIGGER_PORT_80_TCP_ADDR: '10.0.0.1',
    },
    'RETRIGGER_SERVICE_HOST, RETRIGGER_SERVICE_PORT_HTTP, RETRIGGER_PORT, RETRIGGER_PORT_80_TCP_ADDR are no settings: Kubernetes adds them for a Service named retrigger; rename it, or set enableServiceLinks: false',
  ],
  [
    { RETRIGGER_SERVICE_HOST: '10.0.0.1' },
    /^RETRIGGER_SERVICE_HOST is not a setting: Kubernetes adds it for a Service named retrigger; /,
  ],
  [{ RETRIGGER_PORT: '5000' }, 'RETRIGGER_PORT is not a setting: did you mean RETRIGGER_LISTEN_PORT?'],
  [{ RETRIGGER_LOG_LEVEL: 'info' }, 'RETRIGGER_LOG_LEVEL is not a setting: did you mean LOG_LEVEL?'],
  [
    { RETRIGGER_SERVICES: 'x' },
    'RETRIGGER_SERVICES is not a setting: unset it; serve --help lists those there are',
  ],
  // Two settings end so, and a guess would lead the wrong way.
  [
    { RETRIGGER_TOKEN: 'x' },
    'RETRIGGER_TOKEN is not a setting: unset it; serve --help lists those there are',
  ],
];
for (const [env, says] of unknowns) {
  test(`of ${Object.keys(env).join()} it suggests only what is near`, () => {
    const problems = readProblems(env);
    assert.equal(problems.length, 1);
    if (typeof says === 'string') assert.equal(problems[0], says);
    else assert.match(problems[0] ?? '', says);
  });
}

test('says what is wrong with a duration that is too short or too long', () => {
  const problems = readProblems({ RETRIGGER_POLL_INTERVAL: '0s', RETRIGGER_COMPLETION_TIMEOUT: '366d' });
  assert.deepEqual(problems, [
    'RETRIGGER_POLL_INTERVAL is "0s": write more than 0',
    'RETRIGGER_COMPLETION_TIMEOUT is "366d": write at most 365d',
  ]);
});

for (const [name, value] of [
  ['RETRIGGER_POLL_INTERVAL', '0s'],
  ['RETRIGGER_POLL_INTERVAL', '-5s'],
  ['RETRIGGER_COMPLETION_TIMEOUT', '999999999d'],
  ['RETRIGGER_LISTEN_PORT', '1e3'],
  ['RETRIGGER_GANGWAY_RATE', '0/1m'],
  ['RETRIGGER_PROW_URL', 'prow.ci.openshift.org'],
  ['RETRIGGER_PROW_URL', 'https://prow.ci.openshift.org/?a=b'],
  ['RETRIGGER_SLACK_ORIGINS', ','],
  ['RETRIGGER_SLACK_ORIGINS', 'https://hooks.slack.com,*'],
  ['RETRIGGER_SLACK_ERRORS_WEBHOOK_URL', 'hooks.slack.com/x'],
  ['RETRIGGER_SLACK_ERRORS_WEBHOOK_URL', 'http://hooks.slack.com/x'],
  ['RETRIGGER_SLACK_ERRORS_WEBHOOK_URL', 'https://me:pass@hooks.slack.com/x'],
  ['RETRIGGER_GANGWAY_TOKEN', 'two words'],
] as const) {
  test(`refuses ${name}=${value}`, () => {
    const problems = readProblems({ [name]: value });
    assert.equal(problems.length, 1);
    assert.ok(problems[0]?.startsWith(name), problems[0]);
  });
}

test('reads one webhook secret or several', () => {
  const bearers = (written: string) =>
    readGood({ RETRIGGER_WEBHOOK_SECRET: written }).webhookSecrets?.map(({ bearer }) => bearer.reveal());
  assert.deepEqual(bearers(' one '), ['one']);
  assert.deepEqual(bearers('one, whsec_dHdv\nthree'), ['one', 'whsec_dHdv', 'three']);
});

for (const value of ['', ' ', ' , ', 'whsec_', 'hunter2,whsec_hunter2!', 'hunter2\u0007']) {
  test(`starts with no webhook secret ${JSON.stringify(value)}, where everybody might get in`, () => {
    assert.deepEqual(readProblems({ RETRIGGER_WEBHOOK_SECRET: value }), [
      'RETRIGGER_WEBHOOK_SECRET is not right: write a secret, or several with commas or blanks between them, where whsec_ stands before base64; or unset it, and everybody may notify',
    ]);
  });
}

test('says plainly that a database is not supported yet', () => {
  const [problem = ''] = readProblems({ RETRIGGER_DATABASE_URL: 'postgres://user:hunter2@db/x' });
  assert.match(problem, /^RETRIGGER_DATABASE_URL .*leave it unset: this version has the embedded store only/);
});

test('repeats no secret, neither in problems nor in a printed config', () => {
  const env = {
    RETRIGGER_DATABASE_URL: 'postgres://user:hunter2@db/x',
    RETRIGGER_GANGWAY_URL: 'https://user:hunter2@host',
    RETRIGGER_GANGWAY_TOKEN: 'hunter2 hunter2',
    RETRIGGER_SLACK_WEBHOOK_URL: 'hunter2',
    RETRIGGER_SLACK_ERRORS_WEBHOOK_URL: 'https://evil.example/hunter2',
  };
  const problems = readProblems(env);
  assert.equal(problems.length, 5);
  assert.doesNotMatch(problems.join('\n'), /hunter2/);
  const config = readGood({ RETRIGGER_GANGWAY_TOKEN: 'hunter2', SLACK_BOT_TOKEN: 'hunter2' });
  assert.doesNotMatch(JSON.stringify(config), /hunter2/);
});

test('reads the channel, the address and the operators of the Slack app', () => {
  const config = readGood({
    RETRIGGER_SLACK_CHANNEL: '#ci-retries',
    RETRIGGER_SLACK_API_URL: 'http://127.0.0.1:8080/api/',
    RETRIGGER_SLACK_OPERATORS: 'U0123456789, S0123456789',
  });
  assert.equal(config.slackChannel, '#ci-retries');
  assert.equal(config.slackApiUrl, 'http://127.0.0.1:8080/api');
  assert.deepEqual(config.slackOperators, ['U0123456789', 'S0123456789']);
  const [problem, ...others] = readProblems({ RETRIGGER_SLACK_OPERATORS: '@ada' });
  assert.match(problem ?? '', /RETRIGGER_SLACK_OPERATORS is not right: write ids of users/);
  assert.deepEqual(others, []);
});

test('describes every setting for README and help', () => {
  assert.equal(settings.length, 29);
  assert.ok(settings.every(({ about }) => about.endsWith('.')));
  const port = settings.find(({ name }) => name === 'RETRIGGER_LISTEN_PORT');
  assert.equal(port?.fallback, '5000');
  assert.deepEqual(port?.also, ['CI_JOBS_TRIGGER_LISTEN_PORT']);
});

test('knows who works here, where the environment tells', () => {
  assert.equal(readUser({ USER: ' ada ' }), 'ada');
  assert.equal(readUser({ USER: ' ' }), null);
  assert.equal(readUser({}), null);
});
