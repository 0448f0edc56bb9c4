/** The output of a command. */
export interface Terminal {
  /** One line of the answer itself. */
  out(line: string): void;
  /** One line beside the answer: progress, or what is wrong and what to do next. */
  err(line: string): void;
}

export const systemTerminal: Terminal = {
  out: (line) => void process.stdout.write(`${line}\n`),
  err: (line) => void process.stderr.write(`${line}\n`),
};

/** 0: success. 1: the answer is no, or the command failed. 2: usage error. */
export type ExitCode = 0 | 1 | 2;

/** The command cannot continue; the message says what is wrong and what to do next. */
export class CommandFailure extends Error {
  readonly exitCode: ExitCode;

  constructor(message: string, exitCode: ExitCode = 1) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** Prints the answer: as JSON with `--json`, else as lines for people. */
export function answer(terminal: Terminal, asJson: boolean, value: unknown, lines: readonly string[]): void {
  if (asJson) terminal.out(JSON.stringify(value, null, 2));
  else lines.forEach((line) => terminal.out(line));
}

/** Rows as lines with aligned columns; the first row has every column. */
export function tabulate(rows: readonly string[][]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}
