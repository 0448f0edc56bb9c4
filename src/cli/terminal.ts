/** Where a command speaks, and how. */
export interface Terminal {
  /** One line of the answer itself. */
  say(line: string): void;
  /** One line beside the answer: progress, or what went wrong and what to do next. */
  note(line: string): void;
}

/** 0: fine. 1: the answer is no. 2: the command was used wrongly. */
export type ExitCode = 0 | 1 | 2;

/** The command can't go on; its message says what is wrong and what to do next. */
export class CommandFailure extends Error {
  readonly exitCode: ExitCode;

  constructor(message: string, exitCode: ExitCode = 1) {
    super(message);
    this.exitCode = exitCode;
  }
}

export const systemTerminal: Terminal = {
  say: (line) => void process.stdout.write(`${line}\n`),
  note: (line) => void process.stderr.write(`${line}\n`),
};

/** The answer as JSON where `--json` was given, else as lines for people. */
export function answer(terminal: Terminal, asJson: boolean, value: unknown, lines: readonly string[]): void {
  if (asJson) terminal.say(JSON.stringify(value, null, 2));
  else lines.forEach((line) => terminal.say(line));
}
