/** The names under which a run's artifacts are read. */
export const artifacts = {
  finished: 'finished.json',
  prowJob: 'prowjob.json',
  started: 'started.json',
  operator: 'artifacts/junit_operator.xml',
  job: 'artifacts/junit_job.xml',
  log: 'build-log.txt',
} as const;

export type Artifact = keyof typeof artifacts;

const escape = String.fromCharCode(27);
const pre = 'Run multi-stage test pre phase';

function failure(text: string, name = pre): string {
  return `<testsuites><testsuite><testcase name="${name}"><failure>${text}</failure></testcase></testsuite></testsuites>`;
}

function entry(message: string): string {
  return `INFO[2026-06-12T13:01:21Z] ${message}\n`;
}

/**
 * Contents that a careless reader pays for more than in proportion, made of `n` times the same. What is read whole or
 * only at its end is bounded before it is looked at, so that it stops growing there.
 */
export const hostileContents: Record<string, [Artifact, (n: number) => string]> = {
  'elements in elements': ['operator', (n) => `<testsuites>${'<testsuite>'.repeat(n)}`],
  'elements in a failure': ['operator', (n) => failure('<a>'.repeat(n))],
  'elements beside each other': ['operator', (n) => `<testsuites>${'<a/>'.repeat(n)}</testsuites>`],
  'closed, never opened': ['operator', (n) => `<testsuites>${'</a>'.repeat(n)}`],
  'failed cases': [
    'operator',
    (n) => `<testsuite>${'<testcase name="a"><failure>x</failure></testcase>'.repeat(n)}</testsuite>`,
  ],
  'failures of one case': [
    'operator',
    (n) =>
      `<testsuite><testcase name="${pre}">${'<failure message="m">x</failure>'.repeat(n)}</testcase></testsuite>`,
  ],
  'a huge attribute': ['operator', (n) => `<testsuite><testcase name="${'a'.repeat(n * 10)}"/></testsuite>`],
  'many attributes': [
    'operator',
    (n) => `<testsuite ${Array.from({ length: n }, (_, at) => `a${at}="1"`).join(' ')}/>`,
  ],
  'a huge tag': ['operator', (n) => `<testsuite><${'a'.repeat(n * 10)}>`],
  'an entity bomb': [
    'operator',
    (n) =>
      `<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">${'<!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">'.repeat(n >> 3)}]>${failure('&b;'.repeat(n))}`,
  ],
  'a DOCTYPE without an end': ['operator', (n) => `<!DOCTYPE x [${'<!ENTITY a "b">'.repeat(n)}`],
  'a comment without an end': ['operator', (n) => `<testsuite><!-- ${'- '.repeat(n)}`],
  'CDATA without an end': [
    'operator',
    (n) => `<testsuite><testcase name="${pre}"><failure><![CDATA[${']'.repeat(n * 5)}`,
  ],
  'nothing but <': ['operator', (n) => `<testsuite>${'<'.repeat(n)}`],
  'nothing but &': ['operator', (n) => failure('&'.repeat(n))],
  'numeric entities': ['operator', (n) => failure('&#27;'.repeat(n))],
  NUL: ['operator', (n) => failure('\0'.repeat(n))],
  quotes: ['operator', (n) => failure('"e2e" pod "'.repeat(n))],
  'names of steps': [
    'operator',
    (n) => failure(Array.from({ length: n }, (_, at) => `"e2e" pod "e2e-${at}" failed: x`).join(', ')),
  ],
  'words that go on and on': ['job', (n) => failure('resolv'.repeat(n))],
  'durations that go on and on': ['operator', (n) => failure(`${'1s'.repeat(n)}x`)],
  'numbers that go on and on': ['operator', (n) => failure('1.'.repeat(n))],
  'ids that go on and on': ['operator', (n) => failure('ci-op-a1b2c3-'.repeat(n))],
  dashes: ['operator', (n) => failure('failed\n---\n'.repeat(n))],
  escapes: ['log', (n) => `${escape}[`.repeat(n)],
  'escapes with parameters': ['log', (n) => `${escape}[${'1;'.repeat(n)}`],
  hyperlinks: ['log', (n) => `${escape}]8;`.repeat(n)],
  'a log without a line end': ['log', (n) => 'Step '.repeat(n)],
  reasons: [
    'log',
    (n) => entry("Reporting job state 'failed' with reason 'executing_graph:step_failed'").repeat(n),
  ],
  'a reason without an end': [
    'log',
    (n) => entry(`Reporting job state 'failed' with reason '${'a:'.repeat(n)}`),
  ],
  pods: [
    'log',
    (n) =>
      entry('Step e2e-a failed after 1s').repeat(n) +
      entry('Pod e2e-b is running in best-effort mode, x').repeat(n),
  ],
  errors: ['log', (n) => entry(`could not run steps: step e2e failed: "e2e" pre steps failed: x`).repeat(n)],
  'lines of JSON': [
    'log',
    (n) => `${JSON.stringify({ msg: 'Running multi-stage phase pre\n'.repeat(4) })}\n`.repeat(n),
  ],
  'a message that is quoted': ['log', (n) => `time="x" level=info msg="${'\\"'.repeat(n)}\n`],
  'line ends': ['log', (n) => '\r\n'.repeat(n)],
  'arrays in arrays': ['prowJob', (n) => `{"metadata":${'['.repeat(n)}${']'.repeat(n)}}`],
  labels: [
    'prowJob',
    (n) =>
      JSON.stringify({
        metadata: { labels: Object.fromEntries(Array.from({ length: n }, (_, at) => [`l${at}`, 'x'])) },
      }),
  ],
  pulls: [
    'prowJob',
    (n) =>
      JSON.stringify({
        spec: {
          refs: {
            org: 'o',
            repo: 'r',
            base_ref: 'b',
            base_sha: 's',
            pulls: Array.from({ length: n }, () => ({ number: 1, sha: 's' })),
          },
        },
      }),
  ],
};
