import type { DiskFaults } from './faulty-disk.ts';
import type { Life, SimulatedWorld } from './world.ts';

/** What happens to the disk operations of one life of the process, by the dice of its world. */
export function drawDiskFaults(world: SimulatedWorld, life: Life): DiskFaults {
  const { faults, chance, slackWatch, clock } = world;
  const never = new Promise<never>(() => {});
  const die = (): Promise<never> => {
    world.crash(life);
    return never;
  };
  const noteFault = (isFault: boolean): boolean => {
    if (isFault) slackWatch.diskFaults.push(clock.now());
    return isFault;
  };
  // What is done at the start is little, so that it would hardly ever be met.
  const often = (): number => (life.open === null ? 0.02 : 0.003);
  return {
    takeTime: async () => {
      if (life.isDead) return never;
      if (chance.happens(0.7)) return;
      const { promise, resolve } = Promise.withResolvers<void>();
      life.clock.at(life.clock.now() + chance.between(1, 40), resolve);
      await promise;
    },
    mayDie: async (when: 'before' | 'after') => {
      if (life.isDead) return never;
      return faults.kills(`killed ${when} a disk operation`, often()) ? die() : undefined;
    },
    tearsAt: (bytes: number) =>
      faults.kills('torn write', 0.008) ? chance.between(0, Math.max(0, bytes - 1)) : null,
    die,
    isFull: () => noteFault(faults.isOn('disk full')),
    failsSync: () => noteFault(faults.strikes('fsync failed', 0.01)),
  };
}
