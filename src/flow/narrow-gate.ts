/** Does the work when it is its turn; urgent work goes first. */
export type Gate = <T>(work: () => Promise<T>, isUrgent?: boolean) => Promise<T>;

/** Lets at most `width` works be under way at a time; the others wait in the order in which they came. */
export function narrowGate(width: number): Gate {
  let free = width;
  const urgent: (() => void)[] = [];
  const others: (() => void)[] = [];
  return async (work, isUrgent = false) => {
    if (free > 0) free -= 1;
    else await new Promise<void>((resolve) => (isUrgent ? urgent : others).push(resolve));
    try {
      return await work();
    } finally {
      const next = urgent.shift() ?? others.shift();
      if (next === undefined) free += 1;
      else next();
    }
  };
}
