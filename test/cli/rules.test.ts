import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { suite, test, type TestContext } from 'node:test';
import { folderForTest, runCommand } from './run-command.ts';

const rules = `rules:
  - name: a
    match: {phase: pre}
    retry: {attempts: 1, delay: 30m}
  - name: b
    match: {phase: test}
    retry: never
`;
const examples = `examples:
  - name: a set-up fails
    evidence: {phase: pre}
    expect: {outcome: retry, delay: 30m}
`;

async function directoryFor(t: TestContext, files: Record<string, string>): Promise<string> {
  const directory = join(await folderForTest(t), 'rules');
  await mkdir(join(directory, 'deeper.yaml'), { recursive: true });
  for (const [name, text] of Object.entries(files)) await writeFile(join(directory, name), text);
  return directory;
}

suite('rules check', { concurrency: 2 }, () => {
  test('takes the rules that ship, and those that are off', async () => {
    const ends = await Promise.all([
      runCommand(['rules', 'check']),
      runCommand(['rules', 'check', 'rules/optional']),
    ]);
    for (const { code, stdout } of ends) {
      assert.equal(code, 0);
      assert.match(stdout, /^\d rules? in \S+: good\.\n$/);
    }
  });

  test('names a pipe among the rules or the examples, and does not wait for a writer', async (t) => {
    for (const [name, command] of [
      ['r.yaml', 'check'],
      ['r.test.yaml', 'test'],
    ] as const) {
      const directory = await directoryFor(t, { 'a.yaml': rules });
      execFileSync('mkfifo', [join(directory, name)]);
      const { code, stdout } = await runCommand(['rules', command, directory]);
      assert.deepEqual([code, stdout], [1, `${directory}/${name}: this is not a regular file\n`]);
    }
  });

  test('prints warnings, and takes the rules all the same', async (t) => {
    const old = rules.replace('name: a', 'name: a\n    expires: 2020-01-01').replace('phase: test', '');
    const more = old.replace('rules:\n', '').replaceAll('name: ', 'name: more-');
    const directory = await directoryFor(t, { 'r.yaml': old + more });
    const settings = { RETRIGGER_RULES_DIR: directory };
    const [{ code, stdout }, asJson] = await Promise.all([
      runCommand(['rules', 'check'], settings),
      runCommand(['rules', 'check', '--json'], settings),
    ]);
    assert.deepEqual([code, asJson.code], [0, 0]);
    assert.match(stdout, /\/r\.yaml:2:5: rule a has expired/);
    assert.match(
      stdout,
      /\/r\.yaml:\d+:5: rule more-b is never reached: rule b above matches all that it does/,
    );
    const answer = JSON.parse(asJson.stdout);
    assert.deepEqual([answer.ok, answer.rules, answer.problems], [true, 4, []]);
    assert.equal(answer.warnings.length, 4);
  });

  const wrong: [what: string, files: Record<string, string>, says: RegExp][] = [
    [
      'an unknown key',
      { 'r.yaml': rules.replace('match', 'mtach') },
      /\/r\.yaml:3:5: rule a: unknown key mtach; did you mean match\?/,
    ],
    [
      'a name in two files',
      { '1.yaml': rules, '2.yaml': rules },
      /\/2\.yaml:2:5: rule a: the name is taken already, at .+\/1\.yaml:2:5/,
    ],
  ];
  for (const [what, files, says] of wrong) {
    test(`refuses ${what} with 1, and tells where it is`, async (t) => {
      const directory = await directoryFor(t, files);
      const [{ code, stdout, stderr }, asJson] = await Promise.all([
        runCommand(['rules', 'check', directory]),
        runCommand(['rules', 'check', directory, '--json']),
      ]);
      assert.deepEqual([code, stderr, asJson.code], [1, '', 1]);
      assert.match(stdout, says);
      const { ok, problems } = JSON.parse(asJson.stdout);
      assert.equal(ok, false);
      assert.equal(`${problems.join('\n')}\n`, stdout);
    });
  }

  test('a directory that is not there', async () => {
    const { code, stdout } = await runCommand(['rules', 'check', '/nowhere/at/all']);
    assert.equal(code, 1);
    assert.match(stdout, /^\/nowhere\/at\/all: .*there is no such directory/);
    assert.doesNotMatch(stdout, /ENOENT|Error/);
    const tried = await runCommand(['rules', 'test', '/nowhere/at/all']);
    assert.deepEqual([tried.code, tried.stdout], [1, stdout]);
  });

  test('a file that nobody reads is worth a word', async (t) => {
    const directory = await directoryFor(t, { 'r.yaml': rules, 'more.yml': rules, 'r.test.yml': examples });
    const { code, stdout } = await runCommand(['rules', 'check', directory]);
    assert.deepEqual(
      [code, ...stdout.split('\n')],
      [
        0,
        `${directory}/more.yml is not read: rename it to more.yaml (a warning)`,
        `${directory}/r.test.yml is not read: rename it to r.test.yaml (a warning)`,
        `2 rules in ${directory}: good.`,
        '',
      ],
    );
  });

  test('a directory without rules is worth a word', async (t) => {
    const directory = await directoryFor(t, {});
    const { code, stdout } = await runCommand(['rules', 'check', directory]);
    assert.equal(code, 0);
    assert.match(
      stdout,
      new RegExp(`^no rules in ${directory}: nothing will be retried \\(a warning\\)$`, 'm'),
    );
    const asJson = await runCommand(['rules', 'check', directory, '--json']);
    const { warnings } = JSON.parse(asJson.stdout) as { warnings: string[] };
    assert.deepEqual(warnings, [`no rules in ${directory}: nothing will be retried`]);
  });
});

suite('rules test', { concurrency: 2 }, () => {
  test('tries the examples that ship', async () => {
    const ends = await Promise.all([
      runCommand(['rules', 'test']),
      runCommand(['rules', 'test', 'rules/optional']),
    ]);
    for (const { code, stdout } of ends) {
      assert.equal(code, 0, stdout);
      assert.match(stdout, /\n\d+ examples, 0 failed; 0 rules reached by none\.\n$/);
    }
  });

  test('warns of examples that are not read', async (t) => {
    const directory = await directoryFor(t, { 'r.yaml': rules, 'r.test.yml': examples });
    const { code, stdout } = await runCommand(['rules', 'test', directory]);
    assert.equal(code, 1);
    assert.match(stdout, /r\.test\.yml is not read: rename it to r\.test\.yaml \(a warning\)/);
  });

  test('names the rules that no example reaches', async (t) => {
    const directory = await directoryFor(t, { 'r.yaml': rules, 'r.test.yaml': examples });
    const { code, stdout } = await runCommand(['rules', 'test', directory]);
    assert.equal(code, 0);
    assert.deepEqual(stdout.split('\n'), [
      'ok      a set-up fails',
      `${directory}/r.yaml:5:5: rule b is reached by no example`,
      '1 example, 0 failed; 1 rule reached by none.',
      '',
    ]);
  });

  test('a failure: what was expected, what came, and the account of it', async (t) => {
    const wrong = examples.replace('phase: pre', 'phase: test');
    const directory = await directoryFor(t, { 'r.yaml': rules, 'r.test.yaml': wrong });
    const [{ code, stdout }, asJson] = await Promise.all([
      runCommand(['rules', 'test', directory]),
      runCommand(['rules', 'test', directory, '--json']),
    ]);
    assert.deepEqual([code, asJson.code], [1, 1]);
    assert.match(stdout, /^FAILED {2}a set-up fails\n +at .+\/r\.test\.yaml:2:5\n/);
    assert.match(stdout, /\n +outcome: expected retry, came skip\n +delay: expected 30m, came none\n/);
    assert.match(stdout, /\n +- Rule b matches: /);
    const { ok, unreached, examples: tried } = JSON.parse(asJson.stdout);
    assert.deepEqual([ok, unreached], [false, ['a']]);
    assert.deepEqual(tried[0].differences[0], { key: 'outcome', expected: 'retry', came: 'skip' });
    assert.equal(tried[0].decision.reason, 'never');
  });

  const wrong: [what: string, files: Record<string, string>, says: RegExp][] = [
    [
      'no examples',
      { 'r.yaml': rules },
      /^\S+ holds no examples \(\*\.test\.yaml\)\.\n.+: rule a is reached by no example\n.+: rule b is .+\n0 examples, 0 failed; 2 rules reached by none\.\n$/,
    ],
    [
      'an empty list of examples',
      { 'r.yaml': rules, 'r.test.yaml': 'examples: []' },
      /^\S+\/r\.test\.yaml holds no examples\.\n.+: rule a is reached by no example\n/,
    ],
    [
      'a bad example',
      { 'r.yaml': rules, 'r.test.yaml': examples.replace('expect', 'expects') },
      /r\.test\.yaml:4:5: example a set-up fails: unknown key expects; did you mean expect\?/,
    ],
    ['bad rules', { 'r.yaml': '- a', 'r.test.yaml': examples }, /r\.yaml:1:1: the file must be a map/],
  ];
  for (const [what, files, says] of wrong) {
    test(`ends with 1 on ${what}`, async (t) => {
      const directory = await directoryFor(t, files);
      const [{ code, stdout, stderr }, asJson] = await Promise.all([
        runCommand(['rules', 'test', directory]),
        runCommand(['rules', 'test', directory, '--json']),
      ]);
      assert.deepEqual([code, stderr, asJson.code], [1, '', 1]);
      assert.match(stdout, says);
      assert.equal(JSON.parse(asJson.stdout).ok, false);
    });
  }
});

test('rules schema prints what rules/schema.json holds', async () => {
  const { code, stdout } = await runCommand(['rules', 'schema']);
  assert.equal(code, 0);
  assert.equal(stdout, await readFile('rules/schema.json', 'utf8'));
});
