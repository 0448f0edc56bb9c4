import assert from 'node:assert/strict';
import { chmod, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { describe, it } from 'node:test';
import { jobFileName } from '../../../../src/adapters/lowdb/chains/job-file.ts';
import { createLogger } from '../../../../src/logging.ts';
import { makeChain, same } from '../../../contract/chain-store.ts';
import { losses, MemoryDisk } from '../disk/memory-disk.ts';
import { makeDirectory, openIn, openOn } from '../open-store.ts';
import { tapDisk } from '../disk/tap-disk.ts';

const whole = JSON.stringify({ version: 1, job: 'bad', chains: [makeChain('bad-run', 'bad')] });
const damages = {
  'cut short': whole.slice(0, -20),
  empty: '',
  zeros: '\0'.repeat(100),
  'no version': whole.replace('"version":1,', ''),
  'no chains': JSON.stringify({ version: 1, job: 'bad' }),
  'the name of another job': JSON.stringify({ version: 1, job: 'other', chains: [] }),
};

describe("name of a job's file", () => {
  it('is fit for a file, whatever the job is called', () => {
    const names = ['a', '..', '.hidden', '../../etc/passwd', 'x'.repeat(300), 'a b\0c'].map(jobFileName);
    for (const name of names) assert.match(name, /^[A-Za-z0-9._-]{1,255}$/);
  });

  it('is another for each job', () => {
    const long = 'periodic-'.repeat(40);
    const jobs = ['job', 'Job', 'job_', 'job/', `${long}a`, `${long}b`, jobFileName('job').slice(0, -5)];
    assert.equal(new Set(jobs.map((job) => jobFileName(job).toLowerCase())).size, jobs.length);
  });
});

describe('damaged document', () => {
  for (const [damage, text] of Object.entries(damages)) {
    it(`is set aside and named, and the rest is served: ${damage}`, async (context) => {
      const directory = await makeDirectory(context);
      const store = await openIn(directory);
      const { chain } = await store.accept(makeChain('good-run', 'good'), same);
      await store.close();
      await writeFile(join(directory, 'jobs', jobFileName('bad')), text);

      const lines: string[] = [];
      const stream = new Writable({
        write(chunk, _, done) {
          lines.push(String(chunk));
          done();
        },
      });
      const again = await openIn(directory, { log: createLogger('info', stream) });
      assert.deepEqual(await again.get(chain.id), chain);
      await again.accept(makeChain('bad-run', 'bad'), same);
      await again.close();

      const [moved = ''] = await readdir(join(directory, 'damaged'));
      assert.ok(moved.startsWith(`${jobFileName('bad')}-1970`));
      assert.equal(await readFile(join(directory, 'damaged', moved), 'utf8'), text);
      const errors = lines.filter((line) => line.includes('"level":"error"'));
      assert.equal(errors.length, 1);
      assert.ok(errors[0]?.includes(jobFileName('bad')));
      assert.ok(!errors[0]?.includes('sealed-token'));
    });
  }

  it('never takes the place of an earlier one', async () => {
    const disk = new MemoryDisk();
    await disk.makeFolder('/data/jobs');
    for (const text of ['one', 'two', 'three']) {
      disk.put(`/data/jobs/${jobFileName('bad')}`, Buffer.from(text));
      await (await openOn(disk)).close();
    }
    const kept = await Promise.all(
      (await disk.list('/data/damaged')).map((n) => disk.read(`/data/damaged/${n}`)),
    );
    assert.deepEqual(kept.map(String).toSorted(), ['one', 'three', 'two']);
  });
});

describe('damaged document and a machine that goes down', () => {
  it('is in its place or set aside, at every moment', async () => {
    const disk = new MemoryDisk();
    await disk.makeFolder('/data/jobs');
    disk.put(`/data/jobs/${jobFileName('bad')}`, Buffer.from('damaged'));
    const remember = async () => {
      for (const loss of losses) {
        const left = disk.crash(loss);
        const kept = await Promise.all(left.paths().map((path) => left.read(path)));
        assert.ok(kept.some((bytes) => String(bytes) === 'damaged'));
      }
    };
    await (await openOn(tapDisk(disk, remember))).close();
    await remember();
  });
});

describe('files', () => {
  it('are for our user alone', async (context) => {
    const parent = await makeDirectory(context);
    await chmod(parent, 0o755);
    const directory = join(parent, 'made', 'for', 'us');
    const store = await openIn(directory);
    await store.accept(makeChain('run-1'), same);
    await store.check();
    await store.close();
    const entries = await readdir(directory, { recursive: true, withFileTypes: true });
    const names = new Set(entries.map((entry) => entry.name));
    for (const name of ['journal.jsonl', 'lock.sqlite', 'lock.json', 'probe', jobFileName('periodic-ci-a')]) {
      assert.ok(names.has(name), name);
    }
    for (const entry of entries) {
      const { mode } = await stat(join(entry.parentPath, entry.name));
      assert.equal(mode & 0o777, entry.isDirectory() ? 0o700 : 0o600, entry.name);
    }
  });
});
