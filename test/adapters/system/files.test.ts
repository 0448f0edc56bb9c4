import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  chmod,
  type FileHandle,
  mkdir,
  mkdtemp,
  open,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  truncate,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { describeStrayFiles, readExamplesDir, readRulesDir } from '../../../src/adapters/system/rules-dir.ts';
import { readOrMakeSecretKey, readSecretKeys } from '../../../src/adapters/system/secret-key-file.ts';
import { readRules } from '../../../src/app/load-rules.ts';
import { Secret } from '../../../src/secret.ts';

async function makeDirectory(t: TestContext): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'retrigger-'));
  t.after(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

test('a key is made once, for nobody else to read, and used from then on', async (t) => {
  const directory = await makeDirectory(t);
  const key = (await readOrMakeSecretKey(directory)).reveal();
  const path = join(directory, 'secret.key');
  assert.ok(Buffer.from(key, 'base64').length >= 32);
  assert.equal((await stat(path)).mode & 0o777, 0o600);
  assert.equal((await readOrMakeSecretKey(directory)).reveal(), key);
  assert.deepEqual(await readdir(directory), ['secret.key']);
  const other = await makeDirectory(t);
  assert.notEqual((await readOrMakeSecretKey(other)).reveal(), key);
});

test('our own key gets mode 0600 again if others may read it', async (t) => {
  const directory = await makeDirectory(t);
  const key = (await readOrMakeSecretKey(directory)).reveal();
  const path = join(directory, 'secret.key');
  const warnings: string[] = [];
  for (const [mode, after] of [
    [0o644, 0o600],
    [0o660, 0o600],
    [0o400, 0o400],
  ] as const) {
    await chmod(path, mode);
    assert.equal((await readOrMakeSecretKey(directory, (says) => warnings.push(says))).reveal(), key);
    assert.equal((await stat(path)).mode & 0o777, after);
  }
  assert.deepEqual(warnings, []);
});

test('a key that is made while another process makes one is the same for both', async (t) => {
  const directory = await makeDirectory(t);
  const keys = await Promise.all(Array.from({ length: 20 }, () => readOrMakeSecretKey(directory)));
  assert.equal(new Set(keys.map((key) => key.reveal())).size, 1);
  assert.deepEqual(await readdir(directory), ['secret.key']);
});

test('a disk that fails while the key is written leaves no key, so that the next start makes one', async (t) => {
  const directory = await makeDirectory(t);
  const path = join(directory, 'probe');
  const probe = await open(path, 'w');
  const { prototype } = probe.constructor as { prototype: FileHandle };
  await probe.close();
  await rm(path);
  for (const verb of ['writeFile', 'sync'] as const) {
    const broken = t.mock.method(prototype, verb, () => Promise.reject(new Error('no space is left')));
    await assert.rejects(readOrMakeSecretKey(directory), /no space is left/);
    broken.mock.restore();
    assert.deepEqual(await readdir(directory), []);
  }
  const key = (await readOrMakeSecretKey(directory)).reveal();
  assert.ok(key.length >= 32);
});

test('a directory that can not be made is an error, and no wait without end', async () => {
  await assert.rejects(readOrMakeSecretKey('/proc/retrigger'), { code: 'ENOENT' });
});

test('a file without a key is refused and kept, and its content is not told', async (t) => {
  const directory = await makeDirectory(t);
  const path = join(directory, 'secret.key');
  for (const content of ['', '\n', 'a-short-MARK']) {
    await writeFile(path, content);
    const refused = (error: Error) => error.message.includes(path) && !error.message.includes('MARK');
    await assert.rejects(readOrMakeSecretKey(directory), refused);
    assert.equal(await readFile(path, 'utf8'), content);
  }
});

test('keys that are listed seal in their order, the one in the directory only opens, and none is made', async (t) => {
  const directory = await makeDirectory(t);
  const path = join(directory, 'secret.key');
  const read = async (...listed: string[]) => {
    const keys = await readSecretKeys(
      directory,
      listed.map((key) => new Secret(key)),
    );
    return keys.map((key) => key.reveal());
  };
  assert.deepEqual(await read('new', 'old'), ['new', 'old']);
  assert.deepEqual(await readdir(directory), []);
  const [made = ''] = await read();
  assert.deepEqual(await read('new', 'old'), ['new', 'old', made]);
  await writeFile(path, 'cut');
  assert.deepEqual(await read('new'), ['new']);
  await assert.rejects(read(), /holds no key: delete it to have one made, or set RETRIGGER_SECRET_KEY/);
});

test('a key that is there is read from a directory that can not be written', async (t) => {
  const directory = await makeDirectory(t);
  const key = (await readOrMakeSecretKey(directory)).reveal();
  await chmod(directory, 0o500);
  assert.equal((await readOrMakeSecretKey(directory)).reveal(), key);
  await chmod(directory, 0o700);
});

test('rule files are read in name order, without examples, hidden files and other things', async (t) => {
  const directory = await makeDirectory(t);
  for (const name of [
    '20-b.yaml',
    '10-a.yaml',
    '20-b.test.yaml',
    '30.test.yml',
    '30.yml',
    'README.md',
    'x.yaml~',
    '.#10-a.yaml',
  ]) {
    await writeFile(join(directory, name), name);
  }
  await mkdir(join(directory, 'old.yaml'));
  const texts = await readRulesDir(directory);
  assert.deepEqual(texts, [
    { path: join(directory, '10-a.yaml'), text: '10-a.yaml' },
    { path: join(directory, '20-b.yaml'), text: '20-b.yaml' },
  ]);
  const examples = await readExamplesDir(directory);
  assert.deepEqual(examples, [{ path: join(directory, '20-b.test.yaml'), text: '20-b.test.yaml' }]);
  assert.deepEqual(await describeStrayFiles(directory), [
    `${directory}/30.test.yml is not read: rename it to 30.test.yaml`,
    `${directory}/30.yml is not read: rename it to 30.yaml`,
  ]);
  const none = { code: 'ENOENT', message: 'there is no such directory' };
  await assert.rejects(readRulesDir(join(directory, 'none')), none);
});

test('a pipe and a device are refused instead of read for ever', async (t) => {
  for (const [name, make] of [
    ['pipe.yaml', (path: string) => void execFileSync('mkfifo', [path])],
    ['zeros.yaml', (path: string) => symlink('/dev/zero', path)],
    ['folder.yaml', (path: string) => symlink('/', path)],
  ] as const) {
    const directory = await makeDirectory(t);
    const path = join(directory, name);
    await make(path);
    const refused = { name: 'NoRegularFile', message: `${path}: this is not a regular file` };
    await assert.rejects(readRulesDir(directory), refused);
    assert.deepEqual(await readRules(directory), { kind: 'bad', problems: [refused.message] });
  }
});

test('a secret key that is a pipe is refused', async (t) => {
  const directory = await makeDirectory(t);
  const path = join(directory, 'secret.key');
  execFileSync('mkfifo', [path]);
  await assert.rejects(readOrMakeSecretKey(directory), { message: `${path}: this is not a regular file` });
});

test('a rule file over 256 KiB is read only up to the limit, and of 5 MiB of files the first 4', async (t) => {
  const directory = await makeDirectory(t);
  await writeFile(join(directory, '0.yaml'), 'rules: []');
  // It has 100 GiB, and takes no room on the disk.
  await truncate(join(directory, '0.yaml'), 100 * 2 ** 30);
  assert.deepEqual(
    (await readRulesDir(directory)).map(({ text }) => text.length),
    [262_145],
  );
  for (let index = 0; index < 20; index += 1) {
    await writeFile(join(directory, `${index}.yaml`), ' '.repeat(262_144));
  }
  assert.equal((await readRulesDir(directory)).length, 17);
});

test('files that look like rules but have another ending are named, with what to do', async (t) => {
  const directory = await makeDirectory(t);
  for (const name of ['A.YAML', 'a.yaml', 'a.yml', 'b.json', 'c.Test.Yml', 'schema.json', '.d.yml', 'e.yml~'])
    await writeFile(join(directory, name), '');
  await mkdir(join(directory, 'lists.yml'));
  assert.deepEqual(await describeStrayFiles(directory), [
    `${directory}/A.YAML is not read: rename it to A.yaml`,
    `${directory}/a.yml is not read, a.yaml is: merge the two, or delete a.yml`,
    `${directory}/b.json is not read: rules are in files that end in .yaml`,
    `${directory}/c.Test.Yml is not read: rename it to c.test.yaml`,
  ]);
});
