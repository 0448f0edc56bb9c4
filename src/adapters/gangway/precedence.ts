/** Of so many turns, one goes to those that follow. */
const cycle = 4;

/**
 * Says whose turn it is among several in a fixed order. The first that waits is served, but each fourth turn goes to
 * those behind it that wait. So each is served within a bounded number of turns, whatever comes to those before it.
 */
export class Precedence<Name extends string> {
  readonly #order: readonly Name[];
  /** How many turns each has had since those behind it had one. */
  readonly #turns = new Map<Name, number>();

  constructor(order: readonly Name[]) {
    this.#order = order;
  }

  /** `null`: none of them waits. */
  pick(waits: (name: Name) => boolean): Name | null {
    const waiting = this.#order.filter(waits);
    const last = waiting.pop() ?? null;
    for (const name of waiting) {
      const turns = (this.#turns.get(name) ?? 0) + 1;
      this.#turns.set(name, turns % cycle);
      if (turns < cycle) return name;
    }
    return last;
  }
}
