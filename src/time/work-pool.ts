/** `first` and `next` take turns; `rest` is served if neither waits. */
export type PoolLane = 'first' | 'next' | 'rest';

/** Runs the work as soon as the pool has room, and resolves or rejects as the work does. */
export type WorkPool = <T>(work: () => Promise<T>, lane?: PoolLane) => Promise<T>;

/** Runs at most `width` works at the same time. The others wait, each lane in order of arrival. */
export function createPool(width: number): WorkPool {
  let free = width;
  const waiting: Record<PoolLane, (() => void)[]> = { first: [], next: [], rest: [] };
  let order: PoolLane[] = ['first', 'next', 'rest'];
  const takeNext = (): (() => void) | undefined => {
    const lane = order.find((each) => waiting[each].length > 0);
    if (lane !== undefined) order = lane === 'first' ? ['next', 'first', 'rest'] : ['first', 'next', 'rest'];
    return lane === undefined ? undefined : waiting[lane].shift();
  };
  return async (work, lane = 'rest') => {
    if (free > 0) free -= 1;
    else await new Promise<void>((resolve) => waiting[lane].push(resolve));
    try {
      return await work();
    } finally {
      const next = takeNext();
      if (next === undefined) free += 1;
      else next();
    }
  };
}
