import assert from 'node:assert/strict';
import { setImmediate } from 'node:timers/promises';
import { describe, it } from 'node:test';
import { newCard, markStale } from '../../../src/notice/card-state.ts';
import { type DigestFlow, openDigest, planDigest } from '../../../src/flow/notices/digest.ts';
import { createLogger } from '../../../src/logging.ts';
import { MemoryChainStore } from '../../chain/memory-chain-store.ts';
import { MemoryNoticeStore } from '../../chain/memory-notice-store.ts';
import { VirtualClock } from '../../time/virtual-clock.ts';
import { shown } from '../../contract/notice-store.ts';
import { day, from, hour, makeEnded, to } from '../../report/ended-chain.ts';

const dueAt = to + 8 * hour;
const week = 7 * day;

/** What plans digests, on a clock that stands still. */
class Scene {
  readonly clock: VirtualClock;
  readonly store = new MemoryChainStore();
  readonly notices = new MemoryNoticeStore();
  readonly logs: string[] = [];
  readonly flow: DigestFlow;
  /** Times that a notice was written. */
  writes = 0;

  constructor(now: number) {
    this.clock = new VirtualClock(now);
    const { clock, store, notices } = this;
    const log = createLogger('debug', { write: (line: string) => void this.logs.push(line) });
    const counting = {
      list: () => notices.list(),
      update: (...args: Parameters<typeof notices.update>) => {
        this.writes += 1;
        return notices.update(...args);
      },
    };
    this.flow = { clock, store, notices: counting, log };
  }

  /** A failure that ended at that time. */
  end(closedAt: number): void {
    this.store.put(makeEnded({ state: 'exhausted', closedAt }));
  }

  /** Goes on by as much, and lets what fell due come to its end. */
  async pass(ms: number): Promise<void> {
    const end = this.clock.now() + ms;
    await setImmediate();
    for (let due = this.clock.nextDue(); due !== null && due <= end; due = this.clock.nextDue()) {
      this.clock.advanceTo(due);
      await setImmediate();
    }
    this.clock.advanceTo(end);
  }

  async weeks(): Promise<string[]> {
    return (await this.notices.list()).map(({ id }) => id);
  }
}

describe('a digest', () => {
  it('is opened on Monday at 08:00 UTC for the week before, to be shown at once', async () => {
    const scene = new Scene(from + 3 * day);
    scene.end(from + day);
    planDigest(scene.flow);
    await scene.pass(dueAt - 1 - scene.clock.now());
    assert.deepEqual(await scene.weeks(), []);
    await scene.pass(1);
    assert.deepEqual(await scene.notices.list(), [
      {
        id: 'digest 2026-W47',
        facts: { kind: 'digest', from, to },
        card: markStale(newCard, dueAt),
        openedAt: dueAt,
        closedAt: dueAt,
      },
    ]);
  });

  it('is opened once a week, and for no week in which nothing happened', async () => {
    const scene = new Scene(from);
    for (const at of [from + day, to + week, to + week + day]) scene.end(at);
    planDigest(scene.flow);
    await scene.pass(5 * week);
    assert.deepEqual(await scene.weeks(), ['digest 2026-W47', 'digest 2026-W49']);
    assert.equal(scene.writes, 2);
  });

  it('is opened at the start after a downtime over Monday, and not again at the next', async () => {
    const scene = new Scene(dueAt + 2 * day);
    scene.end(to - 1);
    const cancel = planDigest(scene.flow);
    await scene.pass(0);
    const [notice] = await scene.notices.list();
    assert.equal(notice?.openedAt, dueAt + 2 * day);
    cancel();
    await scene.notices.update(notice.id, (known) => known && shown(known));
    planDigest(scene.flow);
    await scene.pass(day);
    assert.deepEqual(await scene.notices.list(), [shown(notice)]);
    assert.equal(scene.writes, 1);
  });

  for (const [late, weeks] of [
    [3 * day, ['digest 2026-W47']],
    [3 * day + 1, []],
  ] as const) {
    it(`is ${weeks.length === 0 ? 'not ' : ''}opened ${late} ms late`, async () => {
      const scene = new Scene(dueAt + late);
      scene.end(from);
      planDigest(scene.flow);
      await scene.pass(0);
      assert.deepEqual(await scene.weeks(), weeks);
    });
  }

  it('is not opened at a first start', async () => {
    const scene = new Scene(dueAt + hour);
    scene.end(dueAt);
    planDigest(scene.flow);
    await scene.pass(6 * day);
    assert.deepEqual(await scene.weeks(), []);
    await scene.pass(day);
    assert.deepEqual(await scene.weeks(), ['digest 2026-W48']);
  });

  it('is opened once the store takes it again', async () => {
    const scene = new Scene(dueAt - 1);
    scene.end(from);
    planDigest(scene.flow);
    await scene.pass(0);
    scene.notices.unavailable = true;
    await scene.pass(hour);
    assert.equal(scene.logs.filter((line) => line.includes('could not be opened')).length, 8);
    scene.notices.unavailable = false;
    await scene.pass(hour);
    assert.deepEqual(await scene.weeks(), ['digest 2026-W47']);
    scene.end(to);
    await scene.pass(week);
    assert.deepEqual(await scene.weeks(), ['digest 2026-W47', 'digest 2026-W48']);
  });

  it('is opened for a week that ends while an earlier one is looked at', async () => {
    const scene = new Scene(dueAt - 1);
    scene.end(from);
    planDigest(scene.flow);
    // The clock goes on before the look, which began just now, has come to its end.
    await Promise.resolve();
    scene.clock.advanceTo(dueAt + 1);
    await scene.pass(0);
    assert.deepEqual(await scene.weeks(), ['digest 2026-W47']);
  });

  it('that is called off is not opened, and says nothing of a store that is closed', async () => {
    const scene = new Scene(dueAt);
    scene.end(from);
    scene.notices.unavailable = true;
    const cancel = planDigest(scene.flow);
    await Promise.resolve();
    cancel();
    await scene.pass(0);
    scene.notices.unavailable = false;
    await scene.pass(week);
    assert.deepEqual([await scene.weeks(), scene.logs, scene.clock.nextDue()], [[], [], null]);
  });

  it('that two ask for at a time is opened once', async () => {
    const scene = new Scene(dueAt);
    scene.end(from);
    const [one, other] = await Promise.all([
      openDigest(scene.flow, dueAt),
      openDigest(scene.flow, dueAt + 1),
    ]);
    assert.deepEqual(one, other);
    assert.equal((await scene.weeks()).length, 1);
  });
});
