const lanes = new WeakMap<object, Map<string, Promise<void>>>();

/** Does the work once all that was asked before under the same owner and key is done, whatever came of that. */
export async function withLock<T>(owner: object, key: string, work: () => Promise<T>): Promise<T> {
  const turns = lanes.get(owner) ?? new Map<string, Promise<void>>();
  lanes.set(owner, turns);
  const before = turns.get(key);
  const { promise: mine, resolve: done } = Promise.withResolvers<void>();
  turns.set(key, mine);
  try {
    await before;
    return await work();
  } finally {
    if (turns.get(key) === mine) turns.delete(key);
    done();
  }
}
