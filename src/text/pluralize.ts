/** `1 run`, `3 runs`; a balance may be negative. */
export function pluralize(number: number, word: string): string {
  return `${number} ${word}${Math.abs(number) === 1 ? '' : 's'}`;
}
