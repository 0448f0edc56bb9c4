import { goTime } from './go-duration.ts';

export interface LogLine {
  at: number;
  level: 'INFO' | 'WARN' | 'ERRO';
  text: string;
}

const colours = { INFO: 36, WARN: 33, ERRO: 31 } as const;
/** logrus pads a message to this width when it prints in colour. */
const width = 44;

/** ci-operator's `build-log.txt` as it is now: ANSI levels, messages padded with blanks. */
export function buildLog(lines: readonly LogLine[], minBytes = 0): string {
  const printed = lines.map(print);
  const size = printed.reduce((sum, line) => sum + line.length + 1, 0);
  const middle = lines[Math.floor(lines.length / 2)];
  if (size < minBytes && middle !== undefined) {
    const filler = print({ at: middle.at, level: 'INFO', text: `Waiting for pods ${'.'.repeat(160)}` });
    const count = Math.ceil((minBytes - size) / (filler.length + 1));
    printed.splice(Math.floor(lines.length / 2), 0, ...Array.from({ length: count }, () => filler));
  }
  return `${printed.join('\n')}\n`;
}

function print({ at, level, text }: LogLine): string {
  return `\u001b[${colours[level]}m${level}\u001b[0m[${goTime(at)}] ${text.padEnd(width)} `;
}
