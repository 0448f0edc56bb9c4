import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, it } from 'node:test';
import { makeDirectory, openIn } from './open-store.ts';

/** Lets a process work in the directory, and kills it after some answers. Returns what it answered. */
async function workAndDie(directory: string, name: string, answers: number): Promise<Map<string, number>> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'busy-store.ts'), directory, name]);
  const exit = once(child, 'exit');
  const answered = new Map<string, number>();
  let count = 0;
  for await (const line of createInterface(child.stdout)) {
    const [id = '', tries] = line.split(' ');
    if (tries !== undefined) answered.set(id, Number(tries));
    count += 1;
    if (count === answers) child.kill('SIGKILL');
  }
  await exit;
  return answered;
}

describe('a process that is killed at work', () => {
  it('leaves all that it answered to the next', async (context) => {
    const directory = await makeDirectory(context);
    const answered = new Map<string, number>();
    for (const answers of [1, 7, 20, 33, 90]) {
      for (const answer of await workAndDie(directory, String(answers), answers)) answered.set(...answer);
      const store = await openIn(directory);
      for (const [id, tries] of answered) {
        const kept = (await store.get(id))?.tries ?? -1;
        assert.ok(kept >= tries, `${id} has ${kept} of ${tries}`);
      }
      await store.close();
    }
    assert.ok(answered.size > 60);
  });
});
