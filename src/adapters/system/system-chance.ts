/** The machine's own chance: from 0 up to but not 1. */
export function systemChance(): number {
  return Math.random();
}
