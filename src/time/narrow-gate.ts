/** `first` and `next` take turns; `rest` is served if neither waits. */
export type GateLane = 'first' | 'next' | 'rest';

/** Does the work when it is its turn. */
export type Gate = <T>(work: () => Promise<T>, lane?: GateLane) => Promise<T>;

/** Lets at most `width` works be under way at a time; the others of a lane wait in the order in which they came. */
export function narrowGate(width: number): Gate {
  let free = width;
  const waiting: Record<GateLane, (() => void)[]> = { first: [], next: [], rest: [] };
  let order: GateLane[] = ['first', 'next', 'rest'];
  const choose = (): (() => void) | undefined => {
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
      const next = choose();
      if (next === undefined) free += 1;
      else next();
    }
  };
}
