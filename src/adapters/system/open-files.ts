import { readFileSync } from 'node:fs';

/** The usual default of Linux. */
const usual = 1_024;

/** How many files and connections this process may have open at once. Node has already raised the limit as far as allowed. */
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
