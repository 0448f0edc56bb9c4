import { readFileSync } from 'node:fs';

/** What Linux gives a process where nobody says otherwise. */
const usual = 1_024;

/** How many files and connections this process may have open at once. Node has raised it as far as it may. */
export function readOpenFileLimit(
  read: (path: string) => string = (path) => readFileSync(path, 'utf8'),
): number {
  try {
    const [, soft = ''] = /^Max open files +(\d+|unlimited) /m.exec(read('/proc/self/limits')) ?? [];
    if (soft === 'unlimited') return Number.POSITIVE_INFINITY;
    return soft === '' ? usual : Number(soft);
  } catch {
    // Only Linux has this file.
    return usual;
  }
}
