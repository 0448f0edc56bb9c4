/** Does the work when it is its turn. */
export type Gate = <T>(work: () => Promise<T>) => Promise<T>;

/** Lets at most `width` works be under way at a time; the others wait in the order in which they came. */
export function narrowGate(width: number): Gate {
  let free = width;
  const waiting: (() => void)[] = [];
  return async (work) => {
    if (free > 0) free -= 1;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next === undefined) free += 1;
      else next();
    }
  };
}
