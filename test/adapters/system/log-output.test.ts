import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { LogOutput } from '../../../src/adapters/system/log-output.ts';

/** A target that takes what it is told to, or fails. */
function setUp() {
  const waits: { ms: number; what: () => void }[] = [];
  const complaints: string[] = [];
  const place = { text: '', takes: Number.POSITIVE_INFINITY, fault: null as string | null, writes: 0 };
  const output = new LogOutput({
    target: (bytes) => {
      place.writes += 1;
      if (place.fault !== null) throw Object.assign(new Error('no'), { code: place.fault });
      const taken = bytes.subarray(0, place.takes);
      place.text += taken.toString();
      return taken.length;
    },
    later: (ms, what) => void waits.push({ ms, what }),
    complain: (says) => void complaints.push(says),
    now: () => '2026-06-12T13:00:00.000Z',
  });
  const passTime = (): number => {
    const [wait] = waits.splice(0);
    assert.ok(wait, 'nothing is planned');
    wait.what();
    return wait.ms;
  };
  return { output, place, waits, complaints, passTime };
}

suite('the log output', () => {
  test('writes a line before it returns', () => {
    const { output, place } = setUp();
    output.write('a\n');
    assert.equal(place.text, 'a\n');
  });

  test('keeps the order and loses nothing when each write takes a few bytes only', async () => {
    const { output, place } = setUp();
    place.takes = 3;
    const lines = Array.from({ length: 200 }, (_, n) => `line ${n} ☃\n`);
    for (const line of lines) output.write(line);
    await output.written();
    // Three bytes may end within a character, which is why the text of the fake is of no interest here.
    assert.equal(place.text.replaceAll(/\P{ASCII}/gu, ''), lines.join('').replaceAll(/\P{ASCII}/gu, ''));
  });

  test('waits ever longer for a disk without room, and then writes what waited', async () => {
    const { output, place, waits, complaints, passTime } = setUp();
    place.fault = 'ENOSPC';
    output.write('a\n');
    output.write('b\n');
    assert.equal(place.writes, 1);
    const delays = Array.from({ length: 8 }, () => passTime());
    assert.deepEqual(delays, [100, 200, 400, 800, 1_600, 3_200, 5_000, 5_000]);
    place.fault = null;
    passTime();
    await output.written();
    output.write('c\n');
    assert.equal(place.text, 'a\nb\nc\n');
    assert.deepEqual(waits, []);
    assert.equal(complaints.length, 1);
    assert.match(complaints[0] ?? '', /cannot be written \(ENOSPC\)\. The service continues\./);
  });

  test('retries often for a slow reader, and does not complain', () => {
    const { output, place, complaints, passTime } = setUp();
    place.fault = 'EAGAIN';
    output.write('a\n');
    assert.deepEqual(
      Array.from({ length: 9 }, () => passTime()),
      [1, 2, 4, 8, 16, 32, 64, 100, 100],
    );
    assert.deepEqual(complaints, []);
    place.fault = null;
    passTime();
    place.fault = 'EAGAIN';
    output.write('b\n');
    assert.equal(passTime(), 1);
  });

  test('drops lines beyond the limit, says so once, and logs their number when writing works again', async () => {
    const { output, place, complaints, passTime } = setUp();
    place.fault = 'EAGAIN';
    const lines = Array.from({ length: 50 }, (_, n) => `${String(n).padStart(256 * 1024 - 1, '.')}\n`);
    for (const line of lines) output.write(line);
    place.fault = null;
    passTime();
    await output.written();
    output.write('later\n');
    // Four megabytes.
    const kept = lines.slice(0, 16).join('');
    const count = '{"level":"warn","time":"2026-06-12T13:00:00.000Z","lines":34,"msg":"log lines dropped"}\n';
    assert.ok(place.text === `${kept}${count}later\n`);
    assert.equal(complaints.length, 1);
    assert.match(complaints[0] ?? '', /is not read/);
  });

  test('says it again when it happens again', async () => {
    const { output, place, complaints, passTime } = setUp();
    for (const fault of ['ENOSPC', 'EIO']) {
      place.fault = fault;
      output.write('a\n');
      place.fault = null;
      passTime();
      await output.written();
    }
    assert.deepEqual(
      complaints.map((says) => /\((\w+)\)/.exec(says)?.[1]),
      ['ENOSPC', 'EIO'],
    );
  });

  test('a target in a thread gets one write at a time, in pieces that a pipe takes', async () => {
    const sizes: number[] = [];
    let inHand = 0;
    const output = new LogOutput({
      target: async (bytes) => {
        inHand += 1;
        assert.equal(inHand, 1);
        await Promise.resolve();
        inHand -= 1;
        sizes.push(bytes.length);
        return bytes.length;
      },
      later: () => assert.fail('nothing has to wait'),
      complain: () => assert.fail('nothing is wrong'),
      now: () => '',
    });
    output.write('x'.repeat(200_000));
    for (let n = 0; n < 1_000; n += 1) output.write('y'.repeat(500));
    await output.written();
    assert.equal(
      sizes.reduce((sum, size) => sum + size, 0),
      700_000,
    );
    assert.ok(sizes.every((size) => size <= 65_536));
  });
});
