import assert from 'node:assert/strict';
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { watchRulesDir } from '../../../src/adapters/system/rules-dir.ts';
import { readRules } from '../../../src/app/load-rules.ts';
import { LiveRules } from '../../../src/flow/state/live-rules.ts';
import { createLogger } from '../../../src/logging.ts';
import { parseRules, type ParsedRules } from '../../../src/rules/language/parse-rules.ts';

function ruleOf(name: string): string {
  return `rules: [{name: ${name}, match: {phase: pre}, retry: never}]`;
}

const clock = { now: () => Date.parse('2026-06-01T10:00:00Z') };

interface LiveWorld {
  rules: LiveRules;
  logs: string[];
  path: string;
  names: () => string[];
  /** Writes the file, and waits until a reload made the condition hold. */
  writeUntil: (text: string, holds: () => boolean) => Promise<void>;
}

async function watchRules(t: TestContext): Promise<LiveWorld> {
  const directory = await mkdtemp(join(tmpdir(), 'retrigger-rules-'));
  const path = join(directory, '10-a.yaml');
  await writeFile(path, ruleOf('first'));
  const logs: string[] = [];
  const log = createLogger('debug', { write: (line: string) => void logs.push(line) });
  const read = (): Promise<ParsedRules> => readRules(directory);
  const first = await read();
  assert.ok(first.kind === 'good');
  const rules = new LiveRules(first, { read, clock, log });
  let reloaded = Promise.withResolvers<void>();
  async function reload(): Promise<void> {
    await rules.reload();
    reloaded.resolve();
    reloaded = Promise.withResolvers();
  }
  const unwatch = watchRulesDir(directory, () => {
    void reload();
  });
  t.after(async () => {
    await unwatch();
    await rm(directory, { recursive: true, force: true });
  });
  async function writeUntil(text: string, holds: () => boolean): Promise<void> {
    // As an editor saves: the file is never seen half written.
    await writeFile(`${path}~`, `${text}\n`);
    await rename(`${path}~`, path);
    while (!holds()) await reloaded.promise;
  }
  return { rules, logs, path, names: () => rules.get().rules.map(({ name }) => name), writeUntil };
}

test('a good change is taken while the service runs, and logged', async (t) => {
  const { names, logs, rules, writeUntil } = await watchRules(t);
  assert.deepEqual(names(), ['first']);
  await writeUntil(ruleOf('second'), () => names()[0] === 'second');
  assert.ok(logs.some((line) => line.includes('rules taken')));
  await writeUntil(
    `${ruleOf('third')}\nbudgets: [{job: "*", retries: 1, per: 1h}]`,
    () => names()[0] === 'third',
  );
  assert.equal(rules.get().budgets.length, 1);
  assert.deepEqual(rules.state(), {
    ok: true,
    count: 1,
    loaded_at: '2026-06-01T10:00:00.000Z',
    problems: [],
  });
});

test('a bad change is refused, told by state and log, and the old rules stay until it is mended', async (t) => {
  const { names, logs, rules, path, writeUntil } = await watchRules(t);
  await writeUntil('rules: [{name: x, mach: {phase: pre}, retry: never}]', () => !rules.state().ok);
  assert.deepEqual(names(), ['first']);
  const { count, problems } = rules.state();
  assert.equal(count, 1);
  assert.ok(
    problems.includes(`${path}:1:19: rule x: unknown key mach; did you mean match?`),
    problems.join('\n'),
  );
  const refused = logs.filter((line) => line.includes('rules refused'));
  assert.ok(refused.length > 0 && refused.every((line) => line.includes('"level":"error"')));
  assert.ok(refused[0]?.includes('mach'));
  await writeUntil(ruleOf('mended'), () => names()[0] === 'mended');
  assert.equal(rules.state().ok, true);
});

test('a file that is not read is logged once, when it appears', async (t) => {
  const { logs, path, rules, writeUntil } = await watchRules(t);
  await writeFile(path.replace('10-a.yaml', 'b.yml'), '');
  const warned = () => logs.filter((line) => line.includes('b.yml is not read: rename it to b.yaml'));
  await writeUntil(ruleOf('first'), () => warned().length > 0);
  await rules.reload();
  assert.equal(warned().length, 1);
  assert.ok(warned()[0]?.includes('"level":"warn"'));
  assert.ok(!logs.some((line) => line.includes('rules taken')));
});

test('of two reloads that overlap the later one decides, whichever is read first', async () => {
  const first = parseRules([{ path: 'a', text: ruleOf('first') }]);
  assert.ok(first.kind === 'good');
  const reads: ((text: string) => void)[] = [];
  const read = async (): Promise<ParsedRules> => {
    const { promise, resolve } = Promise.withResolvers<string>();
    reads.push(resolve);
    return parseRules([{ path: 'a', text: await promise }]);
  };
  const rules = new LiveRules(first, { read, clock: clock, log: createLogger('silent') });
  const reloads = [rules.reload(), rules.reload()];
  for (const [index, name] of [
    [1, 'later'],
    [0, 'sooner'],
  ] as const) {
    // The later read may wait for the sooner one to end.
    reads[index]?.(ruleOf(name));
    await new Promise((resolve) => setImmediate(resolve));
  }
  for (let index = 1; index < reads.length; index += 1) reads[index]?.(ruleOf('later'));
  await Promise.all(reloads);
  assert.equal(rules.get().rules[0]?.name, 'later');
});
