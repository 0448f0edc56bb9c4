/** One of so many turns goes to the names that follow. */
const cycle = 4;

/**
 * Decides whose turn it is, in a fixed order. The first name that waits is served, but every fourth turn goes to the names
 * behind it that wait. So each name is served within a bounded number of turns, however busy those before it are.
 */
export class Precedence<Name extends string> {
  readonly #order: readonly Name[];
  /** How many turns each name has had since the names behind it had one. */
  readonly #turns = new Map<Name, number>();

  constructor(order: readonly Name[]) {
    this.#order = order;
  }

  /** `null`: none waits. */
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
