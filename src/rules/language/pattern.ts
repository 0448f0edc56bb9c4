import { compileExpression, estimateInstructions, warmExpression } from '../../text/expression.ts';

/** A regular expression in RE2's syntax; matching takes time linear in the text, whatever the expression. */
export interface Pattern {
  source: string;
  /** The maximum number of instructions it compiles to; matching takes at most that many steps per character. */
  size: number;
  /** Whether it is found anywhere in the text. */
  isIn(text: string): boolean;
}

/** Of one expression, so that matching the end of a log (64 KiB) takes a few seconds at worst. */
const maxInstructions = 1_500;

/** The expression is larger than the limit. */
export class LargePattern extends Error {
  override name = 'LargePattern';
}

/** Longer ones are not compiled. */
export const maxPatternLength = 1_000;

/** How many instructions it compiles to at most; `null`: it is too long or too large to be compiled. */
export function measurePattern(source: string): number | null {
  const size = source.length > maxPatternLength ? Infinity : estimateInstructions(source);
  return size > maxInstructions ? null : size;
}

/** Throws if the expression is not RE2's, such as one with a look-ahead; `LargePattern` if it is too large. */
export function compilePattern(source: string): Pattern {
  const size = estimateInstructions(source);
  // Too large an expression must not even be compiled.
  if (size > maxInstructions) throw new LargePattern(describeLarge(size));
  compileExpression(source);
  return { source, size, isIn: (text) => warmExpression(source, 0, text.length).test(text) };
}

/** The message follows the key. */
function describeLarge(size: number): string {
  return (
    `is too large: it compiles to about ${size} instructions, and the limit is ${maxInstructions}; ` +
    'repeat less, for example .* instead of .{0,2000}, or use fewer classes such as \\pL'
  );
}

/** Why an expression is refused, for people who know those of other engines. */
export function describePatternError(error: unknown): string {
  const why = error instanceof Error ? error.message.replace(/^error parsing regexp: /, '') : String(error);
  const [, part = ''] = /`(.*)`/s.exec(why) ?? [];
  if (/^\(\?<?[=!]/.test(part)) return `RE2 has no look-ahead or look-behind: ${part}`;
  if (/^\\[1-9]/.test(part)) return `RE2 has no back-references: ${part}`;
  return why;
}
