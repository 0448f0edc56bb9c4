import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { gatherEvidence, type GatheredEvidence } from '../../../src/evidence/gather-evidence.ts';
import { countSteps } from '../../steps/count-steps.ts';
import { createByteSource } from '../byte-source.ts';
import { artifacts, hostileContents } from '../hostile-artifacts.ts';

const folder = 'logs/job/17';
/** How many repetitions the steps are counted for; they are counted for twice as many, too. */
const size = 2_000;

function gather(path: string, content: string): Promise<GatheredEvidence> {
  return gatherEvidence(createByteSource({ [`${folder}/${path}`]: Buffer.from(content) }), folder);
}

describe('twice as much hostile content takes twice the steps at most', () => {
  for (const [what, [name, make]] of Object.entries(hostileContents)) {
    test(what, async () => {
      const path = artifacts[name];
      const once = await countSteps(() => gather(path, make(size)));
      const twice = await countSteps(() => gather(path, make(2 * size)));
      assert.ok(twice <= 2.2 * once + 100_000, `${once} steps, then ${twice}`);
      // Content that is cut before it is read shows no growth; this shows that it is not expensive either.
      const most = 100_000 + 20 * make(2 * size).length;
      assert.ok(twice <= most, `${twice} steps, ${most} at most`);
    });
  }
});
