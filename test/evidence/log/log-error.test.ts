import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { findPhase } from '../../../src/evidence/phase/find-phase.ts';
import { readBuildLog } from '../../../src/evidence/log/read-build-log.ts';

const at = (message: string) => `\u001B[36mINFO\u001B[0m[2026-06-12T13:01:21Z] ${message.padEnd(60)}`;
const reasonLine = (reason: string) => at(`Reporting job state 'failed' with reason '${reason}'`);
const testing = 'executing_graph:step_failed:executing_multi_stage_test';
const link = (step: string) => [
  `Link to step on registry info site: https://steps.ci.openshift.org/reference/${step}`,
  'Link to job on registry info site: https://steps.ci.openshift.org/job?org=org&repo=repo&branch=main&test=e2e',
];

/** The end of a ci-operator that a step of the run ran: it could not import its release, and a test failed in pre. */
const inner = (testName: string) => [
  at(`Running multi-stage test ${testName}`),
  at('Running multi-stage phase pre'),
  at(`Running step ${testName}-use-cli.`),
  at(`Step ${testName}-use-cli failed after 3s.`),
  at('Step phase pre failed after 4s.'),
  at('Ran for 5s'),
  at('Some steps failed:'),
  '  * could not run steps: step [release:latest] failed: unable to import latest release image: x',
  `  * could not run steps: step ${testName} failed: "${testName}" pre steps failed: "${testName}" pod "${testName}-use-cli" failed: x`,
  'Container test exited with code 1, reason Error',
  '---',
  'the last words of the inner step',
  '---',
  ...link('use-cli'),
  reasonLine('executing_graph:step_failed:importing_release'),
];

const failure =
  '  * could not run steps: step e2e failed: "e2e" test steps failed: "e2e" pod "e2e-run" failed: x';

function judge(lines: string[], jobName: string | null = 'periodic-ci-org-repo-main-e2e') {
  const log = readBuildLog(lines.join('\n'), jobName);
  const { phase, steps } = findPhase({
    operatorCases: [],
    jobCases: [],
    log,
    logAbsent: false,
    errored: false,
    jobName,
  });
  return [[phase, ...steps], log.reasons];
}

describe('the log of another ci-operator', () => {
  const run = [
    at('Running multi-stage test e2e'),
    at('Running multi-stage phase test'),
    at('Running step e2e-run.'),
    at('Logs for container test in pod e2e-run:'),
  ];
  const ended = [at('Step e2e-run failed after 40m.'), at('Step phase test failed after 40m.')];
  const own = [at('Some steps failed:'), failure];
  const expected = [['test', 'run'], [testing]];
  for (const name of ['with-cli', 'e2e']) {
    describe(name === 'e2e' ? 'with a test of the same name' : 'with another test', () => {
      test('is printed by a step', () => {
        const lines = [...run, ...inner(name), ...ended, ...own, reasonLine(testing)];
        assert.deepEqual(judge(lines), expected);
        assert.deepEqual(judge(lines, null), expected);
      });

      test('is quoted in the last error', () => {
        const quote = ['Container test exited with code 1, reason Error', '---', ...inner(name), '---'];
        const lines = [...run, ...ended, ...own, ...quote, ...link('run'), reasonLine(testing)];
        assert.deepEqual(judge(lines), expected);
        assert.deepEqual(judge(lines, null), expected);
      });

      test('is printed by the step in which the run was killed', () => {
        assert.deepEqual(judge([...run, ...inner(name)]), [['test', 'run'], []]);
      });

      test('is printed by a step before the run was killed in post', () => {
        const lines = [...run, ...inner(name), ...ended, at('Running multi-stage phase post')];
        assert.deepEqual(judge(lines), [['test', 'run'], []]);
      });

      test('is printed with a prefix', () => {
        const lines = inner(name).map((line) => `[inner] ${line}`);
        assert.deepEqual(judge([...run, ...lines, ...ended, ...own, reasonLine(testing)]), expected);
      });
    });
  }

  test('is printed by a run that reports no reason', () => {
    assert.deepEqual(judge([...run, ...inner('with-cli'), ...ended, ...own]), [['test', 'run'], []]);
  });

  test('is printed by the only container of a test without phases', () => {
    const lines = [
      at('Executing test unit'),
      at('Logs for container test in pod unit:'),
      ...inner('with-cli'),
      at('Ran for 40m'),
      at('Some steps failed:'),
      '  * could not run steps: step unit failed: test "unit" failed: could not watch pod: x',
      reasonLine('executing_graph:step_failed:running_pod'),
    ];
    assert.deepEqual(judge(lines), [['test'], ['executing_graph:step_failed:running_pod']]);
  });
});

describe('a test of one container that prints the log of another ci-operator', () => {
  const job = 'periodic-ci-org-repo-main-unit';
  const run = [at('Executing test unit'), at('Logs for container test in pod unit:'), ...inner('with-cli')];
  const running = 'executing_graph:step_failed:running_pod';

  test('until it is killed', () => assert.deepEqual(judge(run, job), [['test'], []]));

  test('and is quoted', () => {
    const quote = ['Container test exited with code 1, reason Error', '---', ...inner('with-cli'), '---'];
    const verdict = '  * could not run steps: step unit failed: test "unit" failed: could not watch pod: x';
    const lines = [
      ...run,
      at('Ran for 4m'),
      at('Some steps failed:'),
      verdict,
      ...quote,
      reasonLine(running),
    ];
    assert.deepEqual(judge(lines, job), [['test'], [running]]);
    assert.deepEqual(judge(lines, null), [['test'], [running]]);
  });
});

describe('an error that is in no list', () => {
  const config = 'failed to load configuration: could not find any config for branch main on repo org/repo';
  const inputs = 'could not resolve inputs: failed to request latest release: server responded with 500';
  const older = (message: string) => `2020/10/22 03:08:08 ${message}`;

  test('is the last thing that older versions said', () => {
    assert.deepEqual(judge([older('Resolved source x to main@1'), `error: ${config}`]), [['infra'], []]);
    assert.deepEqual(judge([older('Ran for 1s'), `error: ${inputs}`, 'more']), [['import'], []]);
  });

  test('is a field of the entry', () => {
    for (const entry of [
      at('Failed to load arguments.').trimEnd() + `        error=${JSON.stringify(config)}`,
      `\u001B[31mERRO\u001B[0m[0003] Failed to load arguments.      \u001B[31merror\u001B[0m=${JSON.stringify(config)}`,
    ]) {
      assert.deepEqual(judge([entry]), [['infra'], []]);
      assert.deepEqual(readBuildLog(entry).errors, [{ step: null, test: null, text: config }]);
    }
  });

  test("is not the run's if ci-operator goes on", () => {
    const lines = [older('Resolved source x to main@1'), `error: ${config}`, older('Building src')];
    assert.deepEqual(judge(lines), [['build'], []]);
  });

  test("is not the run's if a build printed it last", () => {
    const lines = [older('Resolved source x to main@1'), older('Building src')];
    const printed = [older('Build src failed, printing logs:'), `error: ${config}`];
    assert.deepEqual(judge([...lines, ...printed]), [['build'], []]);
  });

  test("is not ci-operator's if it never spoke", () => {
    assert.deepEqual(judge(['make test', `error: ${config}`]), [[null], []]);
    assert.deepEqual(judge([older('listening'), `error: ${config}`]), [[null], []]);
  });

  test('gives way to a list', () => {
    const lines = [older('Ran for 1m'), `error: ${config}`, 'error: some steps failed:', failure];
    assert.deepEqual(judge(lines), [['test', 'run'], []]);
  });
});

describe("ci-operator's errors", () => {
  test('are all its own, one behind the other', () => {
    const lines = [
      at('Some steps failed:'),
      '  * could not run steps: step [output:stable:cli] failed: could not tag: x',
      failure,
      reasonLine('executing_graph:step_failed:tagging_output_image'),
      reasonLine(testing),
    ];
    const { errors, reasons } = readBuildLog(lines.join('\n'));
    assert.deepEqual(
      errors.map(({ step }) => step),
      ['[output:stable:cli]', 'e2e'],
    );
    assert.equal(reasons.length, 2);
    assert.deepEqual(judge(lines)[0], ['build']);
  });

  test('go on over several lines', () => {
    const lines = [
      at('Some steps failed:'),
      failure,
      'more',
      '---',
      'quoted',
      '---',
      ...link('run'),
      at('x'),
    ];
    const [error] = readBuildLog(lines.join('\n')).errors;
    assert.ok(error?.text.endsWith(`\nmore\n---\nquoted\n---\n${link('run').join('\n')}`));
  });

  test('keep a line of dashes that ends nothing', () => {
    const lines = [at('Some steps failed:'), failure, '---', 'more', reasonLine(testing)];
    assert.deepEqual(readBuildLog(lines.join('\n')).reasons, [testing]);
  });

  test('are bounded', () => {
    const lines = [failure, 'z'.repeat(40_000), ...Array.from({ length: 300 }, () => failure)];
    const { errors } = readBuildLog(lines.join('\n'));
    assert.equal(errors.length, 100);
    assert.ok(errors.every(({ text }) => text.length <= 32_768));
  });
});

test('a reason in double quotes, as in 2020', () => {
  const line = `time="2020-11-05T14:29:22Z" level=info msg="Reporting job state \\"failed\\" with reason \\"${testing}\\""`;
  assert.deepEqual(readBuildLog(line).reasons, [testing]);
});
