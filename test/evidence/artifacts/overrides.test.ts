import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import { readOverrides } from '../../../src/evidence/artifacts/overrides.ts';
import { readProwJob } from '../../../src/evidence/artifacts/prow-job.ts';

const prow = { isByGangway: false };
const gangway = { isByGangway: true };
const payload = 'registry.ci/ocp/release:4.20.0-0.nightly';

function podOf(env: unknown[], more: object = {}): unknown {
  return { containers: [{ name: '', image: 'ci-operator:latest', command: ['ci-operator'], env, ...more }] };
}

const literals = [
  { name: 'RELEASE_IMAGE_LATEST', value: payload },
  { name: 'OVERRIDE_IMAGE_CLI', value: 'quay.io/cli' },
  { name: 'MULTISTAGE_PARAM_OVERRIDE_X', value: '1' },
  { name: 'CHANNEL', value: 'stable' },
];
const carriedFromProw = {
  RELEASE_IMAGE_LATEST: payload,
  OVERRIDE_IMAGE_CLI: 'quay.io/cli',
  MULTISTAGE_PARAM_OVERRIDE_X: '1',
};

describe('which variables a retry carries', () => {
  const cases: [what: string, env: unknown[], start: typeof prow, envs: Record<string, string>][] = [
    ['overrides of ci-operator, whoever started the run', literals, prow, carriedFromProw],
    ['every literal one if Gangway did', literals, gangway, { ...carriedFromProw, CHANNEL: 'stable' }],
    ['none of a run of the schedule', [{ name: 'KUBECONFIG', value: '/etc/kubeconfig' }], prow, {}],
    [
      'neither the configuration nor what Prow sets',
      ['UNRESOLVED_CONFIG', 'CONFIG_SPEC', 'CI', 'JOB_SPEC', 'PULL_NUMBER', 'SIDECAR_OPTIONS', 'GOPATH'].map(
        (name) => ({ name, value: 'x' }),
      ),
      gangway,
      {},
    ],
    ['what only looks like Prow’s', [{ name: 'PULL_SECRET', value: 'x' }], gangway, { PULL_SECRET: 'x' }],
    [
      'the last of two with one name, as in the pod',
      [
        { name: 'A', value: '1' },
        { name: 'A', value: '2' },
      ],
      gangway,
      { A: '2' },
    ],
    [
      'a tag with a hyphen',
      [{ name: 'OVERRIDE_IMAGE_a-b', value: 'x' }],
      prow,
      { 'OVERRIDE_IMAGE_a-b': 'x' },
    ],
    [
      'nothing that is no variable',
      [null, 7, {}, { name: '', value: 'x' }, { name: 'A=B', value: 'x' }, { name: '1A', value: 'x' }],
      gangway,
      {},
    ],
    ['nothing of a secret of the job', [{ name: 'A', valueFrom: { secretKeyRef: {} } }], gangway, {}],
    [
      'a name that objects have',
      [{ name: '__proto__', value: 'x' }],
      gangway,
      Object.fromEntries([['__proto__', 'x']]),
    ],
    ['a bare prefix is no override', [{ name: 'RELEASE_IMAGE_', value: 'x' }], prow, {}],
  ];
  for (const [what, env, start, envs] of cases) {
    test(what, () => {
      assert.deepEqual(readOverrides(podOf(env), start), { envs, notCarried: [] });
    });
  }

  test('those of the container that Prow calls test, else of the first', () => {
    const first = { name: 'helper', env: [{ name: 'A', value: 'helper' }] };
    for (const name of ['', 'test', undefined]) {
      const podSpec = { containers: [first, { name, env: [{ name: 'A', value: 'test' }] }] };
      assert.deepEqual(readOverrides(podSpec, gangway).envs, { A: 'test' }, String(name));
    }
    const other = { name: 'other', env: [{ name: 'A', value: 'other' }] };
    assert.deepEqual(readOverrides({ containers: [first, other] }, gangway).envs, { A: 'helper' });
  });

  test('a spec of any other form has none', () => {
    for (const podSpec of [undefined, null, [], 'x', {}, { containers: {} }, { containers: [7] }]) {
      assert.deepEqual(readOverrides(podSpec, gangway), { envs: {}, notCarried: [] });
    }
  });
});

describe('what a retry cannot carry is named, without its value', () => {
  const cases: [what: string, podSpec: unknown, notCarried: string[]][] = [
    ['an argument', podOf([], { args: ['--multi-stage-param=FOO=secret'] }), ['--multi-stage-param FOO']],
    [
      'one of two words',
      podOf([], { args: ['--multi-stage-param', 'FOO=a=b'] }),
      ['--multi-stage-param FOO'],
    ],
    [
      'a dependency',
      podOf([], { args: ['-dependency-override-param=IMG=x'] }),
      ['--dependency-override-param IMG'],
    ],
    [
      'one in the command',
      podOf([], { command: ['ci-operator', '--multi-stage-param=A=b'] }),
      ['--multi-stage-param A'],
    ],
    ['one that names nothing', podOf([], { args: ['--multi-stage-param=secret'] }), ['--multi-stage-param']],
    ['one at the end', podOf([], { args: [7, '--multi-stage-param'] }), ['--multi-stage-param']],
    [
      'no other argument',
      podOf([], { args: ['--target=e2e', '--input-hash=A1', '--multi-stage-params=A=b'] }),
      [],
    ],
    [
      'the same twice, once',
      podOf([], { args: ['--multi-stage-param=A=1', '--multi-stage-param=A=2'] }),
      ['--multi-stage-param A'],
    ],
    [
      'an override from a secret or without a value, which Gangway refuses',
      podOf([
        { name: 'OVERRIDE_IMAGE_A', valueFrom: {} },
        { name: 'RELEASE_IMAGE_B', value: '' },
      ]),
      ['OVERRIDE_IMAGE_A', 'RELEASE_IMAGE_B'],
    ],
    ['half a character', podOf([{ name: 'RELEASE_IMAGE_A', value: '\ud800' }]), ['RELEASE_IMAGE_A']],
    [
      'one that is too large',
      podOf([
        { name: 'A', value: 'x'.repeat(20_000) },
        { name: 'B', value: '1' },
      ]),
      ['A'],
    ],
  ];
  for (const [what, podSpec, notCarried] of cases) {
    test(what, () => assert.deepEqual(readOverrides(podSpec, gangway).notCarried, notCarried));
  }

  test('at most 100 variables go along, and at most 100 others are named', () => {
    const env = Array.from({ length: 300 }, (_, n) => ({ name: `A${n}`, value: '1' }));
    const { envs, notCarried } = readOverrides(podOf(env), gangway);
    assert.deepEqual([Object.keys(envs).length, notCarried.length], [100, 100]);
    const last = readOverrides(podOf([...env, { name: 'RELEASE_IMAGE_LATEST', value: payload }]), gangway);
    assert.equal(last.envs['RELEASE_IMAGE_LATEST'], payload, 'an override goes first');
  });
});

test('whatever a ProwJob holds, what is carried is bounded, and Gangway takes it', () => {
  const anyName = fc.oneof(
    fc.constantFrom('CI', 'RELEASE_IMAGE_A', 'UNRESOLVED_CONFIG', 'PULL_REFS', ''),
    fc.string(),
  );
  const entry = fc.record(
    { name: fc.oneof(anyName, fc.integer()), value: fc.oneof(fc.string({ unit: 'binary' }), fc.integer()) },
    { requiredKeys: [] },
  );
  const container = fc.record({
    env: fc.array(fc.oneof(entry, fc.anything())),
    args: fc.array(fc.anything()),
  });
  fc.assert(
    fc.property(fc.array(container), fc.boolean(), (containers, isByGangway) => {
      const { envs, notCarried } = readOverrides({ containers }, { isByGangway });
      for (const [name, value] of Object.entries(envs)) {
        assert.match(name, /^[A-Za-z_][A-Za-z0-9_.-]*$/);
        assert.ok(value !== '' && value.isWellFormed());
        assert.doesNotMatch(name, /^(CI|UNRESOLVED_CONFIG|PULL_REFS)$/);
        if (!isByGangway) assert.match(name, /^(RELEASE_IMAGE|OVERRIDE_IMAGE|MULTISTAGE_PARAM_OVERRIDE)_/);
      }
      assert.ok(Buffer.byteLength(Object.entries(envs).flat().join('')) <= 16 * 1024);
      assert.ok(notCarried.length <= 100 && !notCarried.some((name) => name in envs));
    }),
  );
});

test('Gangway started what bears its annotation or our labels', () => {
  const cases: [metadata: object, isByGangway: boolean][] = [
    [{ annotations: { executor: 'gangway' } }, true],
    [{ annotations: { executor: 'gangway:jdoe' } }, true],
    [{ labels: { 'retrigger/root': 'run-0', 'retrigger/attempt': '1' } }, true],
    [{ annotations: { executor: '' } }, false],
    [{ labels: { 'prow.k8s.io/type': 'periodic' } }, false],
    [{}, false],
  ];
  for (const [metadata, isByGangway] of cases) {
    const podSpec = podOf([{ name: 'CHANNEL', value: 'stable' }]);
    const read = readProwJob(JSON.stringify({ metadata, spec: { pod_spec: podSpec } }));
    assert.deepEqual(
      read?.overrides.envs,
      isByGangway ? { CHANNEL: 'stable' } : {},
      JSON.stringify(metadata),
    );
  }
});
