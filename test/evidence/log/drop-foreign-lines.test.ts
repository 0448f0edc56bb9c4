import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { dropForeignLines, unwrapLogLine } from '../../../src/evidence/log/log-lines.ts';

function keep(lines: string[], cut = false): string[] {
  return dropForeignLines(lines.flatMap(unwrapLogLine), { cut, jobName: 'periodic-ci-a-b-main-e2e' }).map(
    ({ message }) => message,
  );
}

const echo = [
  'Running multi-stage test inner',
  'Step inner-up failed after 3s.',
  'Step phase pre failed after 4s.',
];

describe('lines of other logs', () => {
  test('of a container that failed are not kept', () => {
    const before = ['Running step e2e-run.', 'Logs for container test in pod e2e-run:'];
    const after = ['Step e2e-run failed after 40m.', 'Step phase test failed after 40m.'];
    assert.deepEqual(keep([...before, ...echo, ...after]), [...before, ...after]);
  });

  test('of several containers, one behind the other', () => {
    const lines = [
      'Logs for container setup in pod e2e-run:',
      ...echo,
      'Logs for container test in pod e2e-run:',
      ...echo,
      'Step e2e-run failed after 40m.',
      'Logs for container test in pod e2e-gather:',
      ...echo,
      'Step e2e-gather failed after 1m.',
    ];
    assert.deepEqual(
      keep(lines).filter((line) => /inner|phase/.test(line)),
      [],
    );
  });

  test('that hold the same again', () => {
    const lines = [
      'Logs for container test in pod e2e-run:',
      'Logs for container test in pod inner-up:',
      ...echo,
      'Step e2e-run failed after 40m.',
    ];
    assert.deepEqual(keep(lines), [lines[0], lines.at(-1)]);
  });

  test('that have no end, because the run was killed', () => {
    const own = ['Running step e2e-run.', 'Logs for container test in pod e2e-run:'];
    assert.deepEqual(keep([...own, ...echo]), own);
  });

  test('that have no beginning, because the log was cut', () => {
    const own = ['Step e2e-run failed after 40m.', 'Running multi-stage phase post'];
    assert.deepEqual(keep([...echo, ...own], true), own);
    assert.deepEqual(keep([...echo, ...own]), [...echo, ...own]);
  });

  test('without a heading begin with a test of another job', () => {
    const own = ['Running step e2e-run.', 'Step e2e-run failed after 40m.'];
    assert.deepEqual(keep(['Running step e2e-run.', ...echo, 'Step e2e-run failed after 40m.']), own);
    const beside = ['Running step e2e-run.', 'Step e2e-run succeeded after 4m.', ...echo];
    assert.deepEqual(keep(beside), beside);
  });

  test('of an observer end with the step beside it', () => {
    const before = [
      'Running step e2e-watch.',
      'Running step e2e-up.',
      'Logs for container test in pod e2e-watch:',
    ];
    const after = [
      'Step e2e-up succeeded after 9m.',
      'Running step e2e-run.',
      'Step e2e-watch failed after 40m.',
    ];
    assert.deepEqual(keep([...before, ...echo, ...after]), [...before, ...after]);
    const killed = after.slice(0, 2);
    const ahead = [
      'Running step e2e-watch.',
      'Running step e2e-up.',
      after[0] ?? '',
      'Logs for container test in pod e2e-watch:',
    ];
    assert.deepEqual(keep([...ahead, 'Running step e2e-run.']), [...ahead, 'Running step e2e-run.']);
    assert.deepEqual(keep([...before, ...echo, ...killed]), [...before, ...killed]);
  });

  test('of a pod that is no step are not known', () => {
    const lines = ['Logs for container release in pod release-latest:', 'x', 'Building src'];
    assert.deepEqual(keep(lines), lines);
  });
});
